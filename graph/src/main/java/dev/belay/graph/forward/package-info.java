/**
 * Reads from: {@code imported}, and layers that {@code encoder}, {@code decoder} and {@code
 * seq2seq} put together. Hands to: the training step, as passes over one set of variables. Never:
 * knows whether a graph is foreign.
 */
package dev.belay.graph.forward;

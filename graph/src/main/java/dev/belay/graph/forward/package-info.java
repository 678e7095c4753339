/**
 * Reads from: {@code imported} and {@code encoder}, which make it. Hands to: the training step, as
 * passes over one set of variables. Never: knows whether a graph is foreign.
 */
package dev.belay.graph.forward;

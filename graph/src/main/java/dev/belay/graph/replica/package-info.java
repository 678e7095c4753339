/**
 * Reads from: a graph that holds one complete training step. Hands to: the run on several devices,
 * as a copy for each. Never: knows how a batch is split.
 */
package dev.belay.graph.replica;

/**
 * Reads from: a graph that holds one complete training step. Hands to: whoever runs it on several
 * devices, a copy for each. Never: knows how a batch is dealt out.
 */
package dev.belay.graph.replica;

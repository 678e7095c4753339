/**
 * Reads from: a graph with a training step in it. Hands to: {@code train}, the tensors upstream of
 * its loss and gradients, and the first of them that is not finite. Never: changes what the step
 * computes.
 */
package dev.belay.graph.diagnosis;

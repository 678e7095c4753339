/**
 * Reads from: a graph with a training step in it. Hands to: {@code train}, which tensors lead to
 * its loss and gradients, and where the first of them is that is not finite. Never: changes what
 * the step computes.
 */
package dev.belay.graph.diagnosis;

/**
 * Reads from: the gradients of a whole update, before the clip, and their variables. Hands to: the
 * training step, as tensors that are computed only if they are fetched. Never: changes a gradient
 * or a weight.
 */
package dev.belay.graph.measure;

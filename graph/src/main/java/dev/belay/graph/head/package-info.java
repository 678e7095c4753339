/**
 * Reads from: features, an output or inner tensor of a model. Hands to: {@code loss}, as logits or
 * predictions, with the variables it added. Never: changes the model below.
 */
package dev.belay.graph.head;

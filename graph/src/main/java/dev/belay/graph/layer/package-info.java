/**
 * Reads from: tensors, and the weights that it declares in {@link
 * dev.belay.graph.layer.Parameters}. Hands to: {@code encoder}, {@code decoder} and heads, as the
 * building blocks of transformers, and to {@code gradient}, as gradients by hand. Never: knows a
 * family of models.
 *
 * <p>Letters of shapes: B examples, T tokens of an example, N = B * T rows, H hidden, E embedding,
 * I intermediate, A heads of D, V vocabulary, C classes.
 */
package dev.belay.graph.layer;

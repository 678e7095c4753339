/**
 * Reads from: a loss and the variables it should train. Hands to: {@code stage} and {@code clip},
 * as {@link dev.belay.graph.gradient.Gradient}: one dense tensor for each variable. Never: leaves
 * out a variable in silence, or registers a Java gradient.
 */
package dev.belay.graph.gradient;

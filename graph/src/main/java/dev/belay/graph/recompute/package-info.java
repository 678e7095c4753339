/**
 * Reads from: blocks of a model, which {@code layer} adds to the graph. Hands to: {@code gradient},
 * as a {@link dev.belay.graph.gradient.GradientGap} for each block, which computes the block again.
 * Never: changes what a block computes.
 */
package dev.belay.graph.recompute;

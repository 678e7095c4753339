/**
 * Reads from: {@code optimizer}, weights that were just updated. Hands to: the same weights,
 * projected onto their constraints. Never: changes a gradient or a slot.
 */
package dev.belay.graph.constraint;

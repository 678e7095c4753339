/**
 * Reads from: {@code optimizer}, weights that were just updated. Hands to: the same weights, put
 * back to where a constraint allows them. Never: changes a gradient or a slot.
 */
package dev.belay.graph.constraint;

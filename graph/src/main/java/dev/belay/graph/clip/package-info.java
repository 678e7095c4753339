/**
 * Reads from: {@code stage}, the gradients of a whole update. Hands to: {@code optimizer}, as
 * {@link dev.belay.graph.clip.Clipped}: bounded gradients and what was measured. Never: clips a
 * part of an update.
 */
package dev.belay.graph.clip;

/**
 * Reads from: {@code model}, a validated SavedModel. Hands to: {@code train}, as {@link
 * dev.belay.savedmodel.model.FlatGraph}: functions expanded into one graph. Never: changes what a
 * graph computes; rewrites for gradients belong to module {@code graph}.
 */
package dev.belay.savedmodel.model.inline;

/**
 * Reads from: {@code model}, a proved SavedModel. Hands to: {@code train}, as {@link
 * dev.belay.savedmodel.model.FlatGraph}: functions expanded into one graph. Never: changes what a
 * graph computes; rewrites for the sake of gradients are the graph room's.
 */
package dev.belay.savedmodel.model.inline;

package dev.belay.savedmodel.names;

/**
 * What a tensor is called in a dialect, and how it is kept there.
 *
 * @param name the name
 * @param layout how its elements lie, against the canonical form
 */
public record DialectName(String name, Layout layout) {}

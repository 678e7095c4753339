package dev.belay.savedmodel.names;

/**
 * Name and layout of a tensor in a dialect.
 *
 * @param name the name
 * @param layout layout of its elements, relative to the canonical form
 */
public record DialectName(String name, Layout layout) {}

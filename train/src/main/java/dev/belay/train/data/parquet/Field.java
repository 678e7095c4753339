package dev.belay.train.data.parquet;

import java.util.Optional;

/**
 * A column of a table.
 *
 * @param leaf where its values lie; empty if they are of no kind that Belay reads
 * @param otherwise what they are then
 */
record Field(String name, Optional<Leaf> leaf, String otherwise) {}

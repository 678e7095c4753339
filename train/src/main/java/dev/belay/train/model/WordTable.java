package dev.belay.train.model;

import java.util.Optional;

/**
 * The table of a model's word embeddings, and the reason why a session that trains must hold all of
 * it, if it must.
 *
 * @param name of the variable; empty for a model whose graph Belay did not build
 * @param rows of the table
 * @param obstacle as the end of a sentence; empty if its rows are only looked up, so that a session
 *     can hold those alone that the texts of a run use
 */
public record WordTable(String name, int rows, Optional<String> obstacle) {

  /** A table that a foreign graph may use in any way. */
  static final WordTable FOREIGN =
      new WordTable("", 0, Optional.of("a SavedModel's graph may read its tables as matrices"));

  /** The same table, all of which must be held if that is so, for that reason. */
  WordTable whole(boolean needed, String reason) {
    return needed && obstacle.isEmpty() ? new WordTable(name, rows, Optional.of(reason)) : this;
  }

  /** What a training holds of it, for people. */
  public String description() {
    return obstacle.isPresent()
        ? "all rows, since " + obstacle.get()
        : "of the "
            + rows
            + " rows of "
            + name
            + " those that the texts use, if these are at most half of them";
  }
}

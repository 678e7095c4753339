package dev.belay.train.data.example;

import dev.belay.train.data.DataException;
import dev.belay.train.data.SourcePosition;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Decides whether lists of 0 and 1 are vectors with a place for each label ("multi-hot", as Hugging
 * Face's models take them) or list the numbers of labels. All rows of the data are read the same
 * way.
 */
final class LabelVectors {
  private final Optional<Boolean> asked;
  private final OptionalInt outputs;
  private int length = -1;
  private Optional<String> noVector = Optional.empty();
  private Optional<String> noSet = Optional.empty();
  private Optional<SourcePosition> first = Optional.empty();
  private Optional<DataException> noVectorAt = Optional.empty();
  private boolean named;

  /**
   * @param asked whether they are vectors, if the user says so
   * @param outputs number of labels of the model, if it is known
   */
  LabelVectors(Optional<Boolean> asked, OptionalInt outputs) {
    this.asked = asked;
    this.outputs = outputs;
  }

  /** Looks at a row. */
  void add(CellValues cell, LabelList row) {
    if (row.labels().stream().anyMatch(LabelText::isIgnored)) {
      throw cell.refused("labels, of which " + LabelRule.IGNORED + " is none");
    }
    String shown = cell.position() + " has " + cell.describe();
    if (row.mayBeVector()) {
      length = length < 0 ? row.labels().size() : length;
      if (length != row.labels().size() || length != outputs.orElse(length)) {
        notVector(cell, shown);
      }
      first = first.isEmpty() ? Optional.of(cell.position()) : first;
    } else {
      notVector(cell, shown);
    }
    if (!row.mayBeSet() && noSet.isEmpty()) {
      noSet = Optional.of(shown);
    }
  }

  /** A row in several columns of 0 and 1. */
  void addColumns(int columns) {
    length = columns;
    named = true;
  }

  private void notVector(CellValues cell, String shown) {
    if (noVector.isEmpty()) {
      noVector = Optional.of(shown);
      noVectorAt =
          Optional.of(
              cell.refused(
                  "a vector of 0 and 1 with a place for each of "
                      + (outputs.isPresent() ? outputs.getAsInt() : Math.max(1, length))
                      + " labels"));
    }
  }

  /** Number of elements of a vector. */
  int length() {
    return length;
  }

  /**
   * Whether all rows are vectors.
   *
   * @throws DataException if they could be either, or are neither
   */
  boolean areVectors() {
    if (named) {
      return true;
    }
    if (asked.isPresent()) {
      if (asked.get() && noVectorAt.isPresent()) {
        throw noVectorAt.get();
      }
      return asked.get();
    }
    boolean vectors = length >= 0 && noVector.isEmpty();
    if (vectors && noSet.isEmpty()) {
      throw DataException.at(
          first.orElseThrow(),
          "the labels could be vectors of 0 and 1 with a place for each of "
              + length
              + " labels, or lists of the labels' numbers; no row shows which: give --multi-hot on"
              + " for vectors, or --multi-hot off for lists");
    }
    if (!vectors && noSet.isPresent()) {
      throw new DataException(
          "the labels are neither vectors of 0 and 1 with a place for each label, since "
              + noVector.orElse("no row has one")
              + (outputs.isPresent() ? " and the model has " + outputs.getAsInt() + " labels" : "")
              + ", nor lists of different labels, since "
              + noSet.get()
              + "; expected one of them in all rows");
    }
    return vectors;
  }
}

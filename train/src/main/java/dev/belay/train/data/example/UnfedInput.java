package dev.belay.train.data.example;

import dev.belay.train.data.DataException;
import java.util.Optional;

/**
 * An input that a model's Python class takes and its graph here does not: a column of its name is
 * refused, unless it holds what the model works with anyway.
 */
public enum UnfedInput {
  /** Every value changes the model's numbers. */
  CHANGES("no such column"),
  /** Positions as the model counts them itself. */
  COUNTED("0, 1, 2 and so on, as the model counts by itself"),
  /** Zeros are what the model has without the column. */
  ZEROS("zeros, as the model has without the column"),
  /** Ones hide nothing; zeros at the end hide nothing either that a label before them is about. */
  ONES("ones, with zeros only at the end, where labels are -100");

  private final String expected;

  UnfedInput(String expected) {
    this.expected = expected;
  }

  /**
   * Checks a column.
   *
   * @param name of the input
   * @param tokens of the example
   * @param label of the example, a row for what is to be written
   * @throws DataException if it would change what the model computes
   */
  void check(String name, CellValues cell, int tokens, Optional<FeatureRow> label) {
    boolean same = this != CHANGES && isDefault(cell.ints(), tokens, label);
    if (!same) {
      throw cell.error(
          " is the input '"
              + name
              + "' of the model's Python class, which would change its numbers, and the model here"
              + " takes none; expected "
              + expected
              + ": leave the column out");
    }
  }

  private boolean isDefault(int[] values, int tokens, Optional<FeatureRow> label) {
    if (this == ONES) {
      return hidesNothing(values, label);
    }
    for (int i = 0; i < values.length; i++) {
      if (values[i] != (this == COUNTED ? i : 0)) {
        return false;
      }
    }
    return values.length == tokens;
  }

  /** A token hidden at the end is seen by none before it, and its own label does not count. */
  private static boolean hidesNothing(int[] values, Optional<FeatureRow> label) {
    int ones = 0;
    while (ones < values.length && values[ones] == 1) {
      ones++;
    }
    for (int i = ones; i < values.length; i++) {
      boolean counts =
          label.isPresent()
              && label.get() instanceof FeatureRow.Ints ints
              && i < ints.length()
              && ints.values()[i] != LabelRule.IGNORED;
      if (values[i] != 0 || counts) {
        return false;
      }
    }
    return true;
  }
}

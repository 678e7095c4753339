package dev.belay.train.data.example;

import dev.belay.train.data.DataException;
import java.util.OptionalInt;

/** One number per example. */
record NumberLabel() implements LabelFormat {
  @Override
  public FeatureRow read(LabelReader labels, CellValues cell, int tokens) {
    float[] values = cell.floats();
    if (values.length != 1) {
      throw DataException.at(
          cell.position(),
          "column '" + cell.column() + "': expected one number, found " + values.length);
    }
    return new FeatureRow.Floats(values);
  }

  @Override
  public OptionalInt width() {
    return OptionalInt.of(1);
  }
}

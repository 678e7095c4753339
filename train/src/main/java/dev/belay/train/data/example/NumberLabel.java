package dev.belay.train.data.example;

import java.util.OptionalInt;

/** One number per example. */
record NumberLabel() implements LabelFormat {
  @Override
  public FeatureRow read(LabelReader labels, CellValues cell, int tokens) {
    float[] values = cell.floats();
    if (values.length != 1) {
      throw cell.error(": expected one number, found " + values.length);
    }
    return new FeatureRow.Floats(values);
  }

  @Override
  public OptionalInt width() {
    return OptionalInt.of(1);
  }
}

package dev.belay.train.data.example;

import java.util.OptionalInt;

/** One class per example. */
record ClassLabel() implements LabelFormat {
  @Override
  public boolean hasClasses() {
    return true;
  }

  @Override
  public FeatureRow read(LabelReader labels, CellValues cell, int tokens) {
    return new FeatureRow.Ints(new int[] {labels.classOf(cell, cell.label())});
  }

  @Override
  public OptionalInt width() {
    return OptionalInt.of(1);
  }
}

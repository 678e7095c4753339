package dev.belay.train.data.example;

/** Any number of classes per example. */
record ClassSetLabel() implements LabelFormat {
  @Override
  public boolean hasClasses() {
    return true;
  }

  @Override
  public boolean isSet() {
    return true;
  }

  @Override
  public String expectedColumn(boolean preTokenised) {
    return "a column 'labels' with any number of labels";
  }

  @Override
  public FeatureRow read(LabelReader labels, CellValues cell, int tokens) {
    return labels.classSet(cell);
  }
}

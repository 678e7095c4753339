package dev.belay.train.data.example;

/** No label is read: prediction. */
record NoLabel() implements LabelFormat {
  @Override
  public boolean isRead() {
    return false;
  }

  /** Data with labels, of which nothing is read here, may be of any task. */
  @Override
  public boolean mayBeCausal() {
    return true;
  }
}

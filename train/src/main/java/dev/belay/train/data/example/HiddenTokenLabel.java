package dev.belay.train.data.example;

import java.util.List;

/** Original ids of hidden tokens, recorded when they are hidden, unless the data have labels. */
record HiddenTokenLabel() implements LabelFormat {
  /** Names of label columns of a language model; a label of the whole example is not one. */
  static final List<String> COLUMNS = List.of("labels", "label_ids");

  @Override
  public boolean isMadeOfTokens() {
    return true;
  }

  @Override
  public List<String> columns(boolean preTokenised) {
    return COLUMNS;
  }

  @Override
  public FeatureRow read(LabelReader labels, CellValues cell, int tokens) {
    return labels.perToken(cell, tokens);
  }
}

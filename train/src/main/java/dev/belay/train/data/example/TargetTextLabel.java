package dev.belay.train.data.example;

import java.util.List;

/** The tokens of a second text, which is to be written. */
record TargetTextLabel() implements LabelFormat {
  private static final List<String> TARGET =
      List.of("target", "target_text", "summary", "highlights");

  @Override
  public boolean isText() {
    return true;
  }

  @Override
  public List<String> columns(boolean preTokenised) {
    return preTokenised ? LABEL : TARGET;
  }

  @Override
  public String expectedColumn(boolean preTokenised) {
    return preTokenised
        ? "a column 'labels' with the token ids that are to be written"
        : "a column 'target' with the text that is to be written";
  }

  @Override
  public FeatureRow read(LabelReader labels, CellValues cell, int tokens) {
    return labels.perToken(cell, tokens);
  }
}

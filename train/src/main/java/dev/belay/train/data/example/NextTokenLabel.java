package dev.belay.train.data.example;

import java.util.List;
import java.util.Optional;

/** Of each token the one after it; made of the tokens, unless the data have labels. */
record NextTokenLabel() implements LabelFormat {
  @Override
  public boolean isMadeOfTokens() {
    return true;
  }

  @Override
  public boolean isCausal() {
    return true;
  }

  @Override
  public List<String> columns(boolean preTokenised) {
    return HiddenTokenLabel.COLUMNS;
  }

  @Override
  public FeatureRow read(LabelReader labels, CellValues cell, int tokens) {
    return labels.perToken(cell, tokens);
  }

  @Override
  public Optional<FeatureRow> made(int[] ids, int[] mask) {
    return Optional.of(NextTokens.labels(ids, mask));
  }
}

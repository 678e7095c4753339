package dev.belay.train.data.example;

/**
 * The labels of a causal language model: of each token the one after it, and none of the last. The
 * model's logits are not shifted again.
 */
public final class NextTokens {
  private NextTokens() {}

  /** Of a row of token ids, [T]. */
  public static FeatureRow.Ints labels(int[] ids) {
    int[] labels = new int[ids.length];
    System.arraycopy(ids, 1, labels, 0, ids.length - 1);
    labels[ids.length - 1] = LabelRule.IGNORED;
    return new FeatureRow.Ints(labels);
  }
}

package dev.belay.train.data.example;

/**
 * The labels of a causal language model: of each token the one after it, and none of the last. The
 * model's logits are not shifted again.
 */
final class NextTokens {
  private NextTokens() {}

  /**
   * Of a row of token ids, [T].
   *
   * @param mask 1 for tokens, 0 for padding, which nobody is to foresee, [T]
   */
  static FeatureRow.Ints labels(int[] ids, int[] mask) {
    int[] unshifted = ids.clone();
    for (int i = 0; i < ids.length; i++) {
      unshifted[i] = mask[i] == 0 ? LabelRule.IGNORED : ids[i];
    }
    return shifted(unshifted);
  }

  /**
   * Labels that stood at their own tokens, as Hugging Face's models take them and move them, [T].
   */
  static FeatureRow.Ints shifted(int[] labels) {
    int[] next = new int[labels.length];
    System.arraycopy(labels, 1, next, 0, labels.length - 1);
    next[labels.length - 1] = LabelRule.IGNORED;
    return new FeatureRow.Ints(next);
  }
}

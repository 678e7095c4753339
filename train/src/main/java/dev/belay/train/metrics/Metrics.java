package dev.belay.train.metrics;

import java.util.List;
import java.util.Map;

/** Collects what a model answers over a data set and reduces it to named numbers. */
public interface Metrics {
  /** The mean loss of examples, which every task has. */
  String LOSS = "loss";

  /** Share of right predictions. */
  String ACCURACY = "accuracy";

  /** Harmonic mean of precision and recall. */
  String F1 = "f1";

  /** Mean of F1 over classes. */
  String MACRO_F1 = "macro_f1";

  /** F1 of all labels together. */
  String MICRO_F1 = "micro_f1";

  /** Share of answers that are right to the letter. */
  String EXACT_MATCH = "exact_match";

  /** Exponential of the mean loss of tokens. */
  String PERPLEXITY = "perplexity";

  /** Mean squared error. */
  String SQUARED_ERROR = "mse";

  /** Mean absolute error. */
  String ABSOLUTE_ERROR = "mae";

  /** Adds what a model says of a batch. */
  void addBatch(BatchPredictions answers);

  /**
   * Whether they take the sums of a batch in place of its logits: a logit for each word of a
   * vocabulary is too much to be looked at one by one.
   */
  default boolean countTokens() {
    return false;
  }

  /**
   * Adds the sums of a batch.
   *
   * @param lossSum of its tokens
   * @param tokens number of tokens that count
   * @param right for how many of those the likeliest word is the right one
   */
  default void addTokens(double lossSum, double tokens, double right) {
    throw new UnsupportedOperationException("answers are added one by one");
  }

  /** The numbers so far, in the order to show them. */
  Map<String, Double> result();

  /** The name of the metric that says which of two models is better. */
  String primary();

  /** Whether a larger value of a metric is better. */
  static boolean largerIsBetter(String name) {
    return !List.of(LOSS, PERPLEXITY, SQUARED_ERROR, ABSOLUTE_ERROR, "rmse").contains(name);
  }
}

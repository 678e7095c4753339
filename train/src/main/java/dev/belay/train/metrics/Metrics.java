package dev.belay.train.metrics;

import java.util.List;
import java.util.Map;

/** Collects what a model answers over a data set and reduces it to named numbers. */
public interface Metrics {
  String LOSS = "loss";
  String ACCURACY = "accuracy";
  String F1 = "f1";
  String MACRO_F1 = "macro_f1";
  String MICRO_F1 = "micro_f1";
  String EXACT_MATCH = "exact_match";
  String PERPLEXITY = "perplexity";
  String SQUARED_ERROR = "mse";
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

  /** Whether the model has a loss. */
  default boolean hasLoss() {
    return true;
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

package dev.belay.train.metrics;

import java.util.Map;

/** Collects what a model answers over a data set and reduces it to named numbers. */
public interface Metrics {

  /** Adds what a model says of a batch. */
  void addBatch(Answers answers);

  /** The numbers so far, in the order to show them. */
  Map<String, Double> result();

  /** The name of the metric that says which of two models is better. */
  String primary();

  /** Whether a larger value of a metric is better. */
  static boolean largerIsBetter(String name) {
    return !(name.equals("loss")
        || name.equals("perplexity")
        || name.equals("mse")
        || name.equals("mae")
        || name.equals("rmse"));
  }
}

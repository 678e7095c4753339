package dev.belay.train.sweep;

import dev.belay.train.metrics.Metrics;
import java.util.List;
import java.util.Map;

/**
 * Validation metric that arms are compared by.
 *
 * @param metric name of the metric
 * @param examples number of examples that it is measured on
 */
public record Score(String metric, int examples) {
  /** Two standard errors: what chance alone does in one case of twenty. */
  private static final double TWO = 2;

  /** Shares of examples that are right, whose error of measurement is known. */
  private static final List<String> SHARES = List.of(Metrics.ACCURACY, Metrics.EXACT_MATCH);

  /** The larger the better, whatever the metric. */
  public double of(Map<String, Double> metrics) {
    double value = value(metrics);
    return Metrics.largerIsBetter(metric) ? value : -value;
  }

  /** The metric as it is. */
  public double value(Map<String, Double> metrics) {
    return metrics.getOrDefault(metric, Double.NaN);
  }

  /**
   * Difference of two values of the metric that the choice of validation examples alone explains:
   * two standard errors of a difference for shares of right predictions; 0, meaning unknown, for
   * others.
   */
  public double noise(double value) {
    if (!SHARES.contains(metric) || examples == 0 || !(value >= 0 && value <= 1)) {
      return 0;
    }
    return TWO * Math.sqrt(2 * value * (1 - value) / examples);
  }
}

package dev.belay.train.metrics;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Mean squared and mean absolute error, and the correlations of Pearson and of Spearman. */
public final class RegressionMetrics extends PerExampleMetrics {
  private final List<Double> predicted = new ArrayList<>();
  private final List<Double> expected = new ArrayList<>();
  private final Correlation correlation = new Correlation();
  private double squared;
  private double absolute;

  @Override
  public void add(float[] outputs, double label) {
    double x = outputs[0];
    double error = x - label;
    predicted.add(x);
    expected.add(label);
    correlation.add(x, label);
    squared += error * error;
    absolute += Math.abs(error);
  }

  @Override
  public Map<String, Double> result() {
    Map<String, Double> result = new LinkedHashMap<>();
    int count = predicted.size();
    result.put(SQUARED_ERROR, squared / count);
    result.put(ABSOLUTE_ERROR, absolute / count);
    result.put("pearson", correlation.value());
    result.put("spearman", Ranks.correlation(predicted, expected));
    return result;
  }

  @Override
  public String primary() {
    return SQUARED_ERROR;
  }
}

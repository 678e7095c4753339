package dev.belay.train.metrics;

import java.util.LinkedHashMap;
import java.util.Map;

/** Mean squared and mean absolute error, and Pearson's correlation. */
public final class RegressionMetrics implements Metrics {
  private long count;
  private double squared;
  private double absolute;
  private double meanX;
  private double meanY;
  private double varianceX;
  private double varianceY;
  private double covariance;

  @Override
  public void add(float[] outputs, double label) {
    double x = outputs[0];
    double error = x - label;
    count++;
    squared += error * error;
    absolute += Math.abs(error);
    // Welford's update: sums of squares of large values would cancel.
    double deltaX = x - meanX;
    double deltaY = label - meanY;
    meanX += deltaX / count;
    meanY += deltaY / count;
    varianceX += deltaX * (x - meanX);
    varianceY += deltaY * (label - meanY);
    covariance += deltaX * (label - meanY);
  }

  @Override
  public Map<String, Double> result() {
    Map<String, Double> result = new LinkedHashMap<>();
    result.put("mse", squared / count);
    result.put("mae", absolute / count);
    result.put("pearson", covariance / Math.sqrt(varianceX * varianceY));
    return result;
  }

  @Override
  public String primary() {
    return "mse";
  }
}

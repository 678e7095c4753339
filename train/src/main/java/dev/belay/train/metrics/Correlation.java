package dev.belay.train.metrics;

/** Pearson's correlation of pairs that come one by one; NaN where one side does not vary. */
final class Correlation {
  private long count;
  private double meanX;
  private double meanY;
  private double varianceX;
  private double varianceY;
  private double covariance;

  void add(double x, double y) {
    count++;
    // Welford's update: sums of squares of large values would cancel.
    double deltaX = x - meanX;
    double deltaY = y - meanY;
    meanX += deltaX / count;
    meanY += deltaY / count;
    varianceX += deltaX * (x - meanX);
    varianceY += deltaY * (y - meanY);
    covariance += deltaX * (y - meanY);
  }

  double value() {
    return covariance / Math.sqrt(varianceX * varianceY);
  }
}

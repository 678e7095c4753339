package dev.belay.train.metrics;

/** Metrics of one class for each example or token, by the number of the likeliest one. */
abstract class ClassMetrics extends PerExampleMetrics {

  /**
   * Adds one prediction.
   *
   * @param best the predicted class
   * @param expected the class of the label
   */
  abstract void add(int best, int expected);

  @Override
  public final void add(float[] outputs, double label) {
    add(ClassificationMetrics.argmax(outputs), (int) label);
  }
}

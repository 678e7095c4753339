package dev.belay.train.metrics;

import java.util.Arrays;

/** Metrics that look at each answer with its label by itself. */
public abstract class PerExampleMetrics implements Metrics {

  /**
   * Adds one prediction.
   *
   * @param outputs the logits of one example or token, or the one predicted value
   * @param label the class, or the value
   */
  public abstract void add(float[] outputs, double label);

  /** Told after the last answer of each example; only some metrics ask where one ends. */
  public void endExample() {}

  @Override
  public final void addBatch(BatchPredictions answers) {
    int width = answers.width();
    for (int i = 0; i < answers.count(); i++) {
      double label = answers.labels().applyAsDouble(i);
      if (!Double.isNaN(label)) {
        add(Arrays.copyOfRange(answers.logits(), i * width, (i + 1) * width), label);
      }
      if ((i + 1) % answers.perExample() == 0) {
        endExample();
      }
    }
  }
}

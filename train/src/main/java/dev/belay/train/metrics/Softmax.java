package dev.belay.train.metrics;

/** Probabilities of logits. */
public final class Softmax {
  private Softmax() {}

  /** The probability of one class. */
  public static double of(float[] logits, int index) {
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - (double) logits[index]);
    }
    return 1 / sum;
  }
}

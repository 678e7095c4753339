package dev.belay.train.metrics;

/** Probabilities of logits that do not exclude each other. */
public final class Sigmoid {
  /** The probability from which on a label is chosen. */
  public static final double THRESHOLD = 0.5;

  private Sigmoid() {}

  /** The probability of a label. */
  public static double of(float logit) {
    return 1 / (1 + Math.exp(-(double) logit));
  }

  /** Whether a label is chosen. */
  public static boolean chooses(float logit) {
    return of(logit) >= THRESHOLD;
  }
}

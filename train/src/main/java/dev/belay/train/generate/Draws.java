package dev.belay.train.generate;

import java.util.SplittableRandom;

/** Draws by scores, whose softmax is the probability of each. */
final class Draws {
  private Draws() {}

  /** The index of a score. */
  static int one(float[] scores, SplittableRandom random) {
    float highest = Float.NEGATIVE_INFINITY;
    for (float score : scores) {
      highest = Math.max(highest, score);
    }
    double[] upTo = new double[scores.length];
    double sum = 0;
    for (int i = 0; i < scores.length; i++) {
      sum += Math.exp(scores[i] - highest);
      upTo[i] = sum;
    }
    double drawn = random.nextDouble() * sum;
    int last = 0;
    for (int i = 0; i < scores.length; i++) {
      if (scores[i] > Float.NEGATIVE_INFINITY) {
        last = i;
        if (upTo[i] > drawn) {
          return i;
        }
      }
    }
    return last; // for a sum that is rounded, or scores that are all excluded
  }

  /**
   * Noise that turns the order of scores into an order of draws without replacement: the Gumbel
   * distribution.
   */
  static double noise(SplittableRandom random) {
    return -Math.log(-Math.log(random.nextDouble(Double.MIN_NORMAL, 1)));
  }
}

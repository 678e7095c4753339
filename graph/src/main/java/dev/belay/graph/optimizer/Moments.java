package dev.belay.graph.optimizer;

/**
 * Decay rates by which Adam and its relatives average gradients.
 *
 * @param beta1 share of the old mean of gradients that is kept, 0 to below 1
 * @param beta2 share of the old mean of squares that is kept, 0 to below 1
 * @param epsilon added to the root of the mean of squares; above 0
 */
public record Moments(double beta1, double beta2, double epsilon) {
  public Moments {
    requireShare("beta1", beta1);
    requireShare("beta2", beta2);
    if (!((float) epsilon > 0) || Double.isInfinite(epsilon)) {
      throw new IllegalArgumentException(
          "Adam's epsilon must be a finite float32 above 0, such as 1e-8; found " + epsilon + ".");
    }
  }

  private static void requireShare(String name, double share) {
    if (!(share >= 0 && (float) share < 1)) {
      throw new IllegalArgumentException(
          "Adam's "
              + name
              + " must be at least 0 and, as float32, below 1, such as 0.9; found "
              + share
              + ".");
    }
  }
}

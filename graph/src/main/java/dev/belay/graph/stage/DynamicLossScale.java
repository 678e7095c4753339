package dev.belay.graph.stage;

/**
 * Dynamic loss scale: halved after an update that overflows, but never below 1, and doubled after a
 * run of good updates.
 *
 * @param initial the first scale, a power of two of at least 1
 * @param growthSteps good updates in a row before it is doubled, at least 1
 */
public record DynamicLossScale(double initial, int growthSteps) {
  public DynamicLossScale {
    boolean powerOfTwo =
        initial >= 1 && initial <= 0x1p100 && initial == Math.scalb(1.0, Math.getExponent(initial));
    if (!powerOfTwo) {
      throw new IllegalArgumentException(
          "The first loss scale must be a power of two of at least 1, such as 32768, so that scaling"
              + " rounds nothing; found "
              + initial
              + ".");
    }
    if (growthSteps < 1) {
      throw new IllegalArgumentException(
          "A loss scale grows after at least 1 good step; found " + growthSteps + ".");
    }
  }
}

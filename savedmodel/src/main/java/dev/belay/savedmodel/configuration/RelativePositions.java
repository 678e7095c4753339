package dev.belay.savedmodel.configuration;

/**
 * T5's position bias.
 *
 * @param buckets rows of its table
 * @param maxDistance from which all distances share one bucket
 */
public record RelativePositions(int buckets, int maxDistance) {
  public RelativePositions {
    // A decoder has a bucket for each of the first half of them, an encoder for a quarter.
    if (buckets < 4 || maxDistance <= buckets / 2) {
      throw new IllegalArgumentException(
          "relative positions: expected 4 buckets or more and a distance above half of them, found "
              + buckets
              + " and "
              + maxDistance);
    }
  }
}

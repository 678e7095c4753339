package dev.belay.savedmodel.configuration;

/**
 * T5's position bias.
 *
 * @param buckets rows of its table
 * @param maxDistance from where on all distances are one bucket
 */
public record RelativePositions(int buckets, int maxDistance) {
  public RelativePositions {
    if (buckets < 2 || maxDistance < 1) {
      throw new IllegalArgumentException(
          "relative positions: expected 2 buckets or more and a distance of 1 or more, found "
              + buckets
              + " and "
              + maxDistance);
    }
  }
}

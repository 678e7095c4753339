package dev.belay.train.data.batch;

/**
 * Position of a run in its data; all that a checkpoint needs to resume with the next batch.
 *
 * @param epoch from 0
 * @param batch within the epoch, from 0
 */
public record BatchPosition(int epoch, int batch) {
  /** The first batch of a run. */
  public static final BatchPosition START = new BatchPosition(0, 0);

  /** Refuses impossible positions. */
  public BatchPosition {
    if (epoch < 0 || batch < 0) {
      throw new IllegalArgumentException("epoch " + epoch + ", batch " + batch + ": below 0");
    }
  }

  /** The position after this one. */
  BatchPosition next(int batchesPerEpoch) {
    return batch + 1 < batchesPerEpoch
        ? new BatchPosition(epoch, batch + 1)
        : new BatchPosition(epoch + 1, 0);
  }
}

package dev.belay.train.data.batch;

/**
 * How a data set is cut into batches.
 *
 * @param batchSize examples per batch; the last one of an epoch may be short
 * @param shuffle whether each epoch has an order of its own; else the files' order
 * @param groupByLength whether examples of like length share a batch, to pad less
 * @param seed with the epoch, all that the order depends on
 * @param padToMultiple token rows are padded to a multiple of this, so that few shapes occur; 1: to
 *     the longest of the batch
 */
public record BatchOptions(
    int batchSize, boolean shuffle, boolean groupByLength, long seed, int padToMultiple) {

  /** Refuses sizes below 1. */
  public BatchOptions {
    if (batchSize < 1 || padToMultiple < 1) {
      throw new IllegalArgumentException(
          "expected sizes of at least 1, found batchSize "
              + batchSize
              + ", padToMultiple "
              + padToMultiple);
    }
  }

  /** The files' order, for evaluation, prediction and comparison with another program. */
  public static BatchOptions inOrder(int batchSize, int padToMultiple) {
    return new BatchOptions(batchSize, false, false, 0, padToMultiple);
  }
}

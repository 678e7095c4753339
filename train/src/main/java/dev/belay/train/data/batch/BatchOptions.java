package dev.belay.train.data.batch;

import java.util.OptionalInt;

/**
 * Options for cutting a data set into batches.
 *
 * @param batchSize examples per batch; the last one of an epoch may be short
 * @param maxTokens of a batch, padding included, in place of a number of examples
 * @param shuffle whether each epoch has a different order; else the order of the files
 * @param groupByLength whether examples of similar length share a batch, which reduces padding
 * @param seed determines the order, together with the epoch
 * @param padToMultiple token rows are padded to a multiple of this, so that few shapes occur; 1: to
 *     the longest row of the batch
 */
public record BatchOptions(
    int batchSize,
    OptionalInt maxTokens,
    boolean shuffle,
    boolean groupByLength,
    long seed,
    int padToMultiple) {

  /** Batches of so many examples. */
  public BatchOptions(
      int batchSize, boolean shuffle, boolean groupByLength, long seed, int padToMultiple) {
    this(batchSize, OptionalInt.empty(), shuffle, groupByLength, seed, padToMultiple);
  }

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

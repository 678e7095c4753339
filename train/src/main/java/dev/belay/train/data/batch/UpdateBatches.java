package dev.belay.train.data.batch;

import java.util.ArrayList;
import java.util.List;

/**
 * Takes the batches of one update after the other. An update ends with its epoch, as the last short
 * batch of an epoch does: so several batches for each update and one that is as large have the same
 * examples.
 */
public final class UpdateBatches {
  private final Prefetcher batches;
  private final int batchesPerUpdate;
  private long waitNanos;

  /**
   * @param batchesPerUpdate at least 1
   */
  public UpdateBatches(Prefetcher batches, int batchesPerUpdate) {
    this.batches = batches;
    this.batchesPerUpdate = batchesPerUpdate;
  }

  /** The next update's. */
  public UpdateBatch next() {
    List<Batch> parts = new ArrayList<>();
    waitNanos = 0;
    do {
      parts.add(batches.next());
      waitNanos += batches.waitNanos();
    } while (parts.size() < batchesPerUpdate && !endsEpoch(parts.get(parts.size() - 1)));
    return new UpdateBatch(parts);
  }

  /** Time spent waiting for the last update's batches, in nanoseconds. */
  public long waitNanos() {
    return waitNanos;
  }

  private static boolean endsEpoch(Batch batch) {
    return batch.next().epoch() != batch.position().epoch();
  }
}

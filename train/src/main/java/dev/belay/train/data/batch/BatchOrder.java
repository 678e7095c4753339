package dev.belay.train.data.batch;

import dev.belay.train.data.SeedMix;
import dev.belay.train.data.example.EncodedExample;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * The order of the examples in an epoch: a function of the seed and the epoch alone, the same on
 * every JVM, for {@link Random}'s numbers are laid down in its documentation.
 */
final class BatchOrder {
  /** A mega-batch holds at most this many batches, as in Hugging Face's LengthGroupedSampler. */
  private static final int MEGA_BATCHES = 50;

  private final int[] lengths;
  private final BatchOptions options;

  BatchOrder(List<EncodedExample> examples, BatchOptions options) {
    this.lengths = examples.stream().mapToInt(EncodedExample::length).toArray();
    this.options = options;
  }

  /** A permutation of the indices of all examples. */
  int[] of(int epoch) {
    int[] order = new int[lengths.length];
    Arrays.setAll(order, i -> i);
    if (options.shuffle()) {
      shuffle(order, new Random(SeedMix.mix(options.seed(), epoch)));
    }
    return options.groupByLength() ? grouped(order) : order;
  }

  /** Fisher and Yates. */
  private static void shuffle(int[] order, Random random) {
    for (int i = order.length - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int swapped = order[i];
      order[i] = order[j];
      order[j] = swapped;
    }
  }

  /**
   * Sorts within mega-batches, the longest first, and puts the mega-batch's head that is longest of
   * all at the very front: if memory does not suffice, the first step shows it.
   */
  private int[] grouped(int[] order) {
    int batches = Math.min(order.length / (options.batchSize() * 4), MEGA_BATCHES);
    int megaBatch = Math.max(batches, 1) * options.batchSize();
    int longest = 0;
    for (int start = 0; start < order.length; start += megaBatch) {
      sortByLength(lengths, order, start, Math.min(order.length, start + megaBatch));
      if (lengths[order[start]] > lengths[order[longest]]) {
        longest = start;
      }
    }
    int swapped = order[0];
    order[0] = order[longest];
    order[longest] = swapped;
    return order;
  }

  /** Sorts a part of an order, the longest first; equal lengths keep their order. */
  static void sortByLength(int[] lengths, int[] order, int start, int end) {
    long[] keys = new long[end - start];
    for (int i = 0; i < keys.length; i++) {
      keys[i] = ((long) -lengths[order[start + i]] << 32) | i;
    }
    Arrays.sort(keys);
    int[] before = Arrays.copyOfRange(order, start, end);
    for (int i = 0; i < keys.length; i++) {
      order[start + i] = before[(int) keys[i]];
    }
  }
}

package dev.belay.train.data.batch;

import dev.belay.train.data.SeedMix;
import dev.belay.train.data.example.EncodedExample;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * The batches of an epoch: a function of the seed and the epoch alone, the same on every JVM, for
 * {@link Random}'s numbers are laid down in its documentation.
 *
 * <p>Batches of so many examples are cut from a new order in each epoch. Batches of so many tokens
 * are cut once, from the order of the first epoch, so that all epochs have as many; later epochs
 * shuffle the batches.
 */
final class BatchOrder {
  /** A mega-batch holds at most this many batches, as in Hugging Face's LengthGroupedSampler. */
  private static final int MEGA_BATCHES = 50;

  private final int[] lengths;
  private final BatchOptions options;

  /** Batches of the first epoch by their tokens; empty if batches are cut by examples. */
  private final List<int[]> byTokens;

  BatchOrder(List<EncodedExample> examples, BatchOptions options) {
    this.lengths = examples.stream().mapToInt(EncodedExample::length).toArray();
    this.options = options;
    this.byTokens =
        options.maxTokens().isPresent()
            ? TokenBatches.of(
                examples, order(0), options.maxTokens().getAsInt(), options.padToMultiple())
            : List.of();
  }

  /** Number of batches, the same in each epoch. */
  int count() {
    return byTokens.isEmpty()
        ? (lengths.length + options.batchSize() - 1) / options.batchSize()
        : byTokens.size();
  }

  /** The batches of an epoch, each as the indices of its examples. */
  List<int[]> of(int epoch) {
    if (!byTokens.isEmpty()) {
      return epoch == 0
          ? byTokens
          : Arrays.stream(permutation(byTokens.size(), epoch)).mapToObj(byTokens::get).toList();
    }
    int[] order = order(epoch);
    List<int[]> batches = new ArrayList<>();
    for (int start = 0; start < order.length; start += options.batchSize()) {
      int end = Math.min(order.length, start + options.batchSize());
      batches.add(Arrays.copyOfRange(order, start, end));
    }
    return batches;
  }

  /** The indices of all examples. */
  private int[] order(int epoch) {
    int[] order = permutation(lengths.length, epoch);
    return options.groupByLength() ? grouped(order) : order;
  }

  private int[] permutation(int size, int epoch) {
    int[] order = new int[size];
    Arrays.setAll(order, i -> i);
    if (options.shuffle()) {
      shuffle(order, new Random(SeedMix.mix(options.seed(), epoch)));
    }
    return order;
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

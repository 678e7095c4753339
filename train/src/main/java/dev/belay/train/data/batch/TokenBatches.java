package dev.belay.train.data.batch;

import dev.belay.train.data.DataException;
import dev.belay.train.data.example.EncodedExample;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Cuts an order of examples into batches of at most so many tokens, padding included: a batch ends
 * where the next example would not fit.
 */
final class TokenBatches {
  private TokenBatches() {}

  /**
   * The batches.
   *
   * @param order indices of the examples
   * @param most tokens of a batch
   * @param multiple to which the longest row of a batch is padded
   * @throws DataException if one example alone does not fit
   */
  static List<int[]> of(List<EncodedExample> examples, int[] order, int most, int multiple) {
    List<int[]> batches = new ArrayList<>();
    int start = 0;
    int longest = 0;
    for (int i = 0; i < order.length; i++) {
      EncodedExample example = examples.get(order[i]);
      int padded = (example.length() + multiple - 1) / multiple * multiple;
      requireFit(example, padded, most);
      int longer = Math.max(longest, padded);
      if ((long) longer * (i + 1 - start) > most) {
        batches.add(Arrays.copyOfRange(order, start, i));
        start = i;
        longer = padded;
      }
      longest = longer;
    }
    batches.add(Arrays.copyOfRange(order, start, order.length));
    return batches;
  }

  private static void requireFit(EncodedExample example, int padded, int most) {
    if (padded > most) {
      throw new DataException(
          example.source()
              + ": this example has "
              + padded
              + " tokens with its padding, and --max-tokens-per-batch is "
              + most
              + ": choose at least "
              + padded
              + ", or cut texts with --max-seq-length");
    }
  }
}

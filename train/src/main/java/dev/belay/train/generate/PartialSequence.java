package dev.belay.train.generate;

import java.util.Arrays;

/**
 * A text that is being written.
 *
 * @param example index of its example, from 0
 * @param tokens so far, those given first with it
 */
@SuppressWarnings("ArrayRecordComponent") // handed over, never compared
record PartialSequence(int example, int[] tokens) {

  /** The same with one token more. */
  PartialSequence with(int token) {
    int[] longer = Arrays.copyOf(tokens, tokens.length + 1);
    longer[tokens.length] = token;
    return new PartialSequence(example, longer);
  }
}

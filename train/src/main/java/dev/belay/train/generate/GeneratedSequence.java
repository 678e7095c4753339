package dev.belay.train.generate;

import java.util.Arrays;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * Text that a model generated for one example.
 *
 * @param tokens tokens after the prompt, without the end token
 * @param end the end token; empty if it was cut at the maximum length, or stopped
 * @param logProbability the sum over all tokens, that of the end counted, as the model predicts
 *     them: before any rule changes its scores
 */
@SuppressWarnings("ArrayRecordComponent") // handed over, never compared
public record GeneratedSequence(int[] tokens, OptionalInt end, double logProbability) {

  /** A text of the tokens behind a prompt. */
  static GeneratedSequence of(int[] text, int begins, boolean ended, double logProbability) {
    int length = text.length - (ended ? 1 : 0);
    return new GeneratedSequence(
        Arrays.copyOfRange(text, begins, length),
        ended ? OptionalInt.of(text[length]) : OptionalInt.empty(),
        logProbability);
  }

  /**
   * All tokens, the end token among them, whose name is a part of the text unless it is special.
   */
  public int[] all() {
    return end.isEmpty() ? tokens : IntStream.concat(Arrays.stream(tokens), end.stream()).toArray();
  }
}

package dev.belay.train.generate;

import java.util.List;

/**
 * Owns the state of texts that a model writes, and predicts the next token of each. Call {@link
 * #first} once, then {@link #next} for each token, and close it to free the state.
 */
public sealed interface NextTokens extends AutoCloseable permits DecoderTokens, Seq2SeqTokens {

  /** Start of each example's text: a prompt, or the start token of a decoder. */
  List<int[]> begins();

  /** Maximum number of tokens of a text, including its start. */
  int longest();

  /** Logits after the start of each text: a row for each example. */
  Logits first();

  /**
   * Logits after one token more of each text. A row that no text continues is dropped.
   *
   * @param rows for each text, the row of the last logits that it continues; several may continue
   *     one
   * @param tokens for each text, the token that is added
   * @return a row for each text
   */
  Logits next(int[] rows, int[] tokens);

  @Override
  void close();

  /**
   * Logits of texts.
   *
   * @param values row by row
   * @param totals {@code log sum exp} of each row, which turns a logit into the logarithm of a
   *     probability
   */
  @SuppressWarnings("ArrayRecordComponent") // handed over, never compared
  record Logits(float[] values, float[] totals) {

    /** V, the length of a row. */
    public int vocabulary() {
      return values.length / totals.length;
    }

    /** The word with the highest logit; the first of equal ones. */
    int best(int row) {
      int begin = row * vocabulary();
      int best = begin;
      for (int i = begin + 1; i < begin + vocabulary(); i++) {
        if (values[i] > values[best]) {
          best = i;
        }
      }
      return best - begin;
    }

    /** The logarithm of a word's probability. */
    public double logProbability(int row, int word) {
      return (double) values[row * vocabulary() + word] - totals[row];
    }
  }
}

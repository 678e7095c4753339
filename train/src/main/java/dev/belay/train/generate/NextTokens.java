package dev.belay.train.generate;

import java.util.List;

/** Prediction of the next token by a model. */
public sealed interface NextTokens permits DecoderTokens, Seq2SeqTokens {

  /** Start of each example's text: a prompt, or the start token of a decoder. */
  List<int[]> begins();

  /** Maximum number of tokens of a text, including its start. */
  int longest();

  /**
   * Asks the model.
   *
   * @param texts of any lengths, at least one
   * @return a row for each text with a logit for each word of the vocabulary
   */
  Logits after(List<PartialSequence> texts);

  /**
   * Logits of texts.
   *
   * @param values row by row
   * @param vocabulary V, the length of a row
   */
  @SuppressWarnings("ArrayRecordComponent") // handed over, never compared
  record Logits(float[] values, int vocabulary) {

    /** The word with the highest logit; the first of equal ones. */
    int best(int row) {
      int best = 0;
      for (int word = 1; word < vocabulary; word++) {
        if (at(row, word) > at(row, best)) {
          best = word;
        }
      }
      return best;
    }

    /** The logit of a word. */
    public float at(int row, int word) {
      return values[row * vocabulary + word];
    }

    /** {@code log sum exp} of a row, which turns a logit into the logarithm of a probability. */
    public double total(int row) {
      double highest = at(row, best(row));
      double sum = 0;
      for (int word = 0; word < vocabulary; word++) {
        sum += Math.exp(at(row, word) - highest);
      }
      return highest + Math.log(sum);
    }
  }
}

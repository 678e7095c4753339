package dev.belay.train.tokenize;

/**
 * A text, or a pair of texts, as token ids with the model's special tokens, not padded. Arrays are
 * not copied.
 *
 * @param inputIds [T], each at least 0 and below the size of the vocabulary
 * @param tokenTypeIds [T], 0 for the first text, 1 for the second
 * @param truncated whether tokens were cut off
 */
@SuppressWarnings("ArrayRecordComponent") // handed over, never compared
public record TokenIds(int[] inputIds, int[] tokenTypeIds, boolean truncated) {

  /** T. */
  public int length() {
    return inputIds.length;
  }
}

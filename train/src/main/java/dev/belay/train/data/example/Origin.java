package dev.belay.train.data.example;

import java.util.Arrays;
import java.util.List;

/** What an example was made from, for answers that speak of it. */
public sealed interface Origin {
  /** Nothing that an answer would need. */
  Origin NONE = new Whole();

  /** A whole text or row. */
  record Whole() implements Origin {}

  /**
   * A text of words.
   *
   * @param words as the file has them
   * @param wordOf [T], for each token the index of its word, or -1
   */
  @SuppressWarnings("ArrayRecordComponent") // handed over, never compared
  record Words(List<String> words, int[] wordOf) implements Origin {
    /** How many of the words are seen by the model; cut off are those behind them. */
    public int seen() {
      return Arrays.stream(wordOf).max().orElse(-1) + 1;
    }
  }
}

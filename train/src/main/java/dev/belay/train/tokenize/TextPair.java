package dev.belay.train.tokenize;

import java.util.Optional;

/**
 * One text or a pair of texts, tokenized as one sequence.
 *
 * @param first the text
 * @param second the text after it, for tasks on pairs
 */
public record TextPair(String first, Optional<String> second) {

  /** A single text. */
  public static TextPair of(String text) {
    return new TextPair(text, Optional.empty());
  }

  /** Two texts. */
  public static TextPair of(String first, String second) {
    return new TextPair(first, Optional.of(second));
  }
}

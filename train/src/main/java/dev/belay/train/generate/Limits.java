package dev.belay.train.generate;

import java.util.Set;

/**
 * End of a generated text.
 *
 * @param newTokens maximum number of new tokens, without those of the prompt
 * @param endTokens the tokens of which each ends the text, {@code eos_token_id}; empty if the
 *     vocabulary has none
 */
public record Limits(int newTokens, Set<Integer> endTokens) {
  public Limits {
    endTokens = Set.copyOf(endTokens);
    if (newTokens < 1) {
      throw new IllegalArgumentException(
          "A text needs room for at least one new token; found " + newTokens + ".");
    }
  }

  boolean ends(int token) {
    return endTokens.contains(token);
  }

  /** Maximum length of a text that starts with so many tokens. */
  int length(NextTokens model, int begins) {
    return (int) Math.min(model.longest(), (long) begins + newTokens);
  }
}

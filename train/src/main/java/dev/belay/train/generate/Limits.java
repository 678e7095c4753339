package dev.belay.train.generate;

import java.util.OptionalInt;

/**
 * End of a generated text.
 *
 * @param newTokens maximum number of new tokens, without those of the prompt
 * @param endToken the token that ends the text, {@code eos_token_id}; empty if the vocabulary has
 *     none
 */
public record Limits(int newTokens, OptionalInt endToken) {
  public Limits {
    if (newTokens < 1) {
      throw new IllegalArgumentException(
          "A text needs room for at least one new token; found " + newTokens + ".");
    }
  }

  boolean ends(int token) {
    return endToken.isPresent() && endToken.getAsInt() == token;
  }

  /** Maximum length of a text that starts with so many tokens. */
  int length(NextTokens model, int begins) {
    return (int) Math.min(model.longest(), (long) begins + newTokens);
  }
}

package dev.belay.train.generate;

import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Predicate;

/**
 * End of a generated text.
 *
 * @param newTokens maximum number of new tokens, without those of the prompt
 * @param allTokens maximum number of all tokens; empty: no other than the model's
 * @param endTokens the tokens of which each ends the text, {@code eos_token_id}; empty if the
 *     vocabulary has none
 * @param stops whether a text, prompt included, ends with its last token for another reason
 */
public record Limits(
    int newTokens, OptionalInt allTokens, Set<Integer> endTokens, Predicate<int[]> stops) {
  public Limits {
    endTokens = Set.copyOf(endTokens);
    if (newTokens < 1) {
      throw new IllegalArgumentException(
          "A text needs room for at least one new token; found " + newTokens + ".");
    }
  }

  /** Limits of tokens alone. */
  public Limits(int newTokens, Set<Integer> endTokens) {
    this(newTokens, OptionalInt.empty(), endTokens, text -> false);
  }

  boolean ends(int token) {
    return endTokens.contains(token);
  }

  /** Maximum length of a text that starts with so many tokens. */
  int length(NextTokens model, int begins) {
    return Math.min(model.longest(), length(begins));
  }

  /** The same for a model without a maximum. */
  int length(int begins) {
    return (int) Math.min((long) begins + newTokens, allTokens.orElse(Integer.MAX_VALUE));
  }
}

package dev.belay.train.task;

import dev.belay.train.tokenize.TextTokenizer;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;

/**
 * Stops a text at the token that completes one of some texts, as {@code stop_strings} of Hugging
 * Face's generate does: the token may go on behind it, and special tokens have their names.
 *
 * @param texts none empty
 */
record StopTexts(TextTokenizer tokenizer, List<String> texts) implements Predicate<int[]> {
  /**
   * Tokens beyond those of a text, so that a decoder's treatment of a beginning does not matter.
   */
  private static final int MARGIN = 8;

  @Override
  public boolean test(int[] tokens) {
    return texts.stream().anyMatch(text -> ends(tokens, text));
  }

  private boolean ends(int[] tokens, String text) {
    // A token has a byte at least, and a character four at most.
    int begin = Math.max(0, tokens.length - 4 * text.length() - MARGIN);
    String all = tokenizer.decodeWithSpecials(Arrays.copyOfRange(tokens, begin, tokens.length));
    String before =
        tokenizer.decodeWithSpecials(Arrays.copyOfRange(tokens, begin, tokens.length - 1));
    int same = 0;
    while (same < Math.min(all.length(), before.length())
        && all.charAt(same) == before.charAt(same)) {
      same++;
    }
    // An occurrence that ends behind what was there before the last token.
    return all.indexOf(text, Math.max(0, same - text.length() + 1)) >= 0;
  }
}

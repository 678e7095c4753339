package dev.belay.train.tokenize;

/**
 * Finds blanks at which a text can be divided: tokenizers split there, so what comes before a blank
 * does not depend on what follows.
 */
final class Blanks {
  private Blanks() {}

  /** The first of the last blanks before {@code end}; about {@code end} if there are none. */
  static int last(String text, int end) {
    for (int i = end; i > end / 2; i--) {
      if (Character.isWhitespace(text.charAt(i)) && !Character.isWhitespace(text.charAt(i - 1))) {
        return i;
      }
    }
    return Character.isLowSurrogate(text.charAt(end)) ? end - 1 : end;
  }
}

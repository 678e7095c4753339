package dev.belay.train.tokenize;

/** Replaces lone surrogates: Hugging Face's tokenizers read UTF-8, which has none. */
final class LoneSurrogates {
  private static final char REPLACEMENT = '\uFFFD';

  private LoneSurrogates() {}

  /** The text with {@code U+FFFD} for each lone surrogate. */
  static String replaced(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i))) {
        return replacedAll(text);
      }
    }
    return text;
  }

  private static String replacedAll(String text) {
    StringBuilder sound = new StringBuilder(text.length());
    text.codePoints()
        .map(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE ? REPLACEMENT : c)
        .forEach(sound::appendCodePoint);
    return sound.toString();
  }
}

package dev.belay.train.tokenize;

/**
 * A text that was given word by word, as token ids with the model's special tokens, not padded.
 * Arrays are not copied.
 *
 * @param tokens of all words, one after the other
 * @param wordOf [T], for each token the index of the word that it is part of; -1 for special tokens
 */
@SuppressWarnings("ArrayRecordComponent") // handed over, never compared
public record WordTokens(TokenIds tokens, int[] wordOf) {

  /** Value of {@link #wordOf} for tokens outside words. */
  public static final int NO_WORD = -1;
}

package dev.belay.train.tokenize.regex;

/** A pattern whose work on a text has no bound that is known here; the message says why. */
public final class UnprovenPatternException extends Exception {
  private static final long serialVersionUID = 1L;

  UnprovenPatternException(String message) {
    super(message);
  }
}

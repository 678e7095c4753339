package dev.belay.train.failure;

/** A run ended because somebody asked it to; the same command goes on. */
public final class StoppedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public StoppedException(String message) {
    super(message);
  }
}

package dev.belay.tools.failure;

/** A comparison that was asked for found differences: no failure of anything, but no success. */
public final class DifferentException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public DifferentException(String message) {
    super(message);
  }
}

package dev.belay.tools.failure;

/** A comparison found differences: neither a failure nor a success. */
public final class DifferentException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public DifferentException(String message) {
    super(message);
  }
}

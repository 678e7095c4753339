package dev.belay.train.failure;

/** A run was stopped on request; the same command resumes it. */
public final class StoppedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public StoppedException(String message) {
    super(message);
  }
}

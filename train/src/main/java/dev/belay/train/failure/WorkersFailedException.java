package dev.belay.train.failure;

/** A worker process on this machine failed; it has said why. */
public final class WorkersFailedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int exitCode;

  public WorkersFailedException(int exitCode, String message) {
    super(message);
    this.exitCode = exitCode;
  }

  /** Exit code of the worker. */
  public int exitCode() {
    return exitCode;
  }
}

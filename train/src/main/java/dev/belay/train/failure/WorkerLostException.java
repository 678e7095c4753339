package dev.belay.train.failure;

/** Another worker of the run died or does not answer; all workers have to be started again. */
public final class WorkerLostException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public WorkerLostException(String message, Throwable cause) {
    super(message, cause);
  }
}

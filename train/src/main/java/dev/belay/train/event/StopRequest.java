package dev.belay.train.event;

import dev.belay.train.failure.StoppedException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Request that a run stops after the current step, with a checkpoint. Any thread may make it. The
 * run checks it between steps and between the batches of an evaluation.
 */
public final class StopRequest {
  private final AtomicReference<String> reason = new AtomicReference<>();
  private final AtomicBoolean heard = new AtomicBoolean();

  /** Whether it only counts when all workers know of it. */
  private volatile boolean shared;

  private volatile boolean agreed;

  /**
   * Requests the stop.
   *
   * @param why reason for people, such as "SIGTERM"; the first one counts
   * @return whether the run has something to save, and therefore ends by itself; false before its
   *     first step and after its last output, when the process may exit at once
   */
  public boolean make(String why) {
    reason.compareAndSet(null, why);
    return heard.get();
  }

  /** Whether a stop was requested and, if several workers run, agreed upon. */
  public boolean isMade() {
    return shared ? agreed : isRequested();
  }

  /** Whether a stop of this process was requested. */
  public boolean isRequested() {
    return reason.get() != null;
  }

  /** Makes the request one of several workers: it has no effect until {@link #agree} is called. */
  public void share() {
    shared = true;
  }

  /** Tells that all workers stop after the current step, whichever of them was asked to. */
  public void agree() {
    reason.compareAndSet(null, "a signal to another worker");
    agreed = true;
  }

  /** Sets whether the run currently ends by itself on a request. */
  public void listen(boolean listening) {
    heard.set(listening);
  }

  /**
   * Ends the run here if a stop was requested.
   *
   * @param where as in "stopped by SIGTERM before the first step"
   */
  public void check(String where) {
    if (isMade()) {
      throw stopped(where);
    }
  }

  public StoppedException stopped(String where) {
    return new StoppedException(
        "stopped by " + reason.get() + " " + where + "; run the same command to resume");
  }
}

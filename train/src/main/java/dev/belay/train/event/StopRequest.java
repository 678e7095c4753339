package dev.belay.train.event;

import dev.belay.train.failure.StoppedException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Somebody's wish that a run ends: after the step in flight, with a checkpoint. Any thread may make
 * it, the run looks at it between steps and between the batches of an evaluation.
 */
public final class StopRequest {
  private final AtomicReference<String> reason = new AtomicReference<>();
  private final AtomicBoolean heard = new AtomicBoolean();

  /**
   * Requests the stop.
   *
   * @param why reason for people, such as "SIGTERM"; the first one counts
   * @return whether the run has something to save and so ends by itself; before its first step and
   *     after its last output there is nothing, and the process may exit at once
   */
  public boolean make(String why) {
    reason.compareAndSet(null, why);
    return heard.get();
  }

  /** Whether anybody asked. */
  public boolean isMade() {
    return reason.get() != null;
  }

  /** Begins or ends the time in which the run answers a request by itself. */
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

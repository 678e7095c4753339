package dev.belay.tools.console;

import dev.belay.train.event.RunEvent;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** Tells evaluations that last more than a second from the many that are over before. */
final class EvaluationClock {
  private static final long SHORT_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final LongSupplier nanoTime;
  private long begin;

  EvaluationClock(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /** Whether a person should see how far it is. */
  boolean isLong(RunEvent.Evaluating evaluating) {
    long now = nanoTime.getAsLong();
    if (evaluating.done() == 0) {
      begin = now;
    }
    return now - begin >= SHORT_NANOS;
  }
}

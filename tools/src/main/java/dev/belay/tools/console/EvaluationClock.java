package dev.belay.tools.console;

import dev.belay.train.event.RunEvent;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** Times evaluations: only those longer than a second show their progress. */
final class EvaluationClock {
  private static final long SHORT_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final LongSupplier nanoTime;
  private long begin;

  EvaluationClock(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /** Whether the evaluation has lasted long enough to show its progress. */
  boolean isLong(RunEvent.Evaluating evaluating) {
    long now = nanoTime.getAsLong();
    if (evaluating.done() == 0) {
      begin = now;
    }
    return now - begin >= SHORT_NANOS;
  }
}

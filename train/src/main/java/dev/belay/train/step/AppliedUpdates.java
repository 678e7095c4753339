package dev.belay.train.step;

import dev.belay.graph.collective.UpdateCount;
import java.util.Optional;
import org.tensorflow.types.TFloat32;

/**
 * Number of updates whose results this process received, beside the counters in its session. They
 * disagree after an update that was cut off, or whose result was lost.
 */
final class AppliedUpdates {
  private final GraphSession session;
  private final Optional<UpdateCount> counters;
  private long received;

  /** Counts in a session, whose owner closes it. */
  AppliedUpdates(GraphSession session, Optional<UpdateCount> counters) {
    this.session = session;
    this.counters = counters;
  }

  /** Counts an update. */
  StepResult received(StepResult result) {
    received += result.applied() ? 1 : 0;
    return result;
  }

  /** Starts again from 0, as the counters do when they are initialized. */
  void reset() {
    received = 0;
  }

  /** Whether the variables are those after the last result. */
  boolean agree() {
    if (counters.isEmpty()) {
      return true;
    }
    GraphRun run = session.runner();
    run.fetch(counters.get().begun().value()).fetch(counters.get().completed().value());
    try (FetchedTensors counts = run.run()) {
      return count(counts, 0) == received && count(counts, 1) == received;
    }
  }

  private static long count(FetchedTensors counts, int index) {
    return (long) ((TFloat32) counts.get(index)).getFloat();
  }
}

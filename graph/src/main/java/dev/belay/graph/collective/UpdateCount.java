package dev.belay.graph.collective;

import dev.belay.graph.variable.GraphVariable;
import dev.belay.graph.variable.Slots;
import java.util.List;
import java.util.Optional;
import org.tensorflow.Graph;
import org.tensorflow.Operation;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;

/**
 * Counters of the updates that this process began and completed since its start. They differ after
 * an update that was cut off in the middle because another worker was lost: then the variables are
 * those of no step. They are no part of a checkpoint.
 *
 * @param counters both, of which a float32 counts 16 million updates
 * @param begun value at the start of a run
 * @param completed value at the start of a run
 */
public record UpdateCount(Slots counters, GraphVariable begun, GraphVariable completed) {

  /** Counters for a step that has a {@link StopFlag}; empty for a step of one process. */
  public static Optional<UpdateCount> of(Ops tf) {
    if (StopFlag.of((Graph) tf.scope().env()).isEmpty()) {
      return Optional.empty();
    }
    Slots counters = new Slots(tf);
    return Optional.of(
        new UpdateCount(
            counters,
            counters.scalar("updates_begun", 0),
            counters.scalar("updates_completed", 0)));
  }

  /** The scope for updates, which run after the first counter. */
  public Ops begin(Ops tf) {
    return tf.withControlDependencies(List.of(increment(tf, begun)));
  }

  /** Increments the second counter after all updates. */
  public Operation complete(Ops tf, List<Op> updates) {
    return increment(tf.withControlDependencies(updates), completed).op();
  }

  private static Op increment(Ops tf, GraphVariable counter) {
    return tf.assignAddVariableOp(counter.handle(), tf.constant(1f));
  }
}

package dev.belay.graph.collective;

import dev.belay.graph.search.NodeNames;
import java.util.List;
import java.util.Optional;
import org.tensorflow.Graph;
import org.tensorflow.Operation;
import org.tensorflow.Output;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;

/**
 * Times of day within a step that several processes make together, in seconds since 1970. They cost
 * nothing unless they are fetched.
 *
 * @param computed when this process had all values to add up, scalar
 * @param reduced when it had all sums, scalar
 */
public record WorkerClock(Output<?> computed, Output<?> reduced) {
  private static final String COMPUTED = NodeNames.PREFIX + "values_computed";
  private static final String REDUCED = NodeNames.PREFIX + "values_reduced";

  /** Adds the clock to a graph that has none. */
  public static void add(Graph graph, List<Op> values, List<Op> sums) {
    Ops tf = Ops.create(graph);
    tf.withControlDependencies(values).withName(COMPUTED).timestamp();
    tf.withControlDependencies(sums).withName(REDUCED).timestamp();
  }

  /** The clock of a graph; empty if its step is made by one process. */
  public static Optional<WorkerClock> of(Graph graph) {
    Operation computed = graph.operation(COMPUTED);
    Operation reduced = graph.operation(REDUCED);
    return computed == null || reduced == null
        ? Optional.empty()
        : Optional.of(new WorkerClock(computed.output(0), reduced.output(0)));
  }
}

package dev.belay.graph.collective;

import dev.belay.graph.search.NodeNames;
import java.util.Optional;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Operation;
import org.tensorflow.Output;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * Flag by which workers stop at the same step. Each feeds whether it was asked to stop, and all
 * receive the number of those that were, with the sums of the step.
 *
 * @param request placeholder, scalar; 0 unless fed
 * @param requests number of workers that were asked to stop, scalar
 */
public record StopFlag(Output<?> request, Output<?> requests) {
  private static final String REQUEST = NodeNames.PREFIX + "stop_request";
  private static final String REQUESTS = NodeNames.PREFIX + "stop_requests";

  /** Adds the placeholder to a graph that has none. */
  public static Operand<TFloat32> request(Graph graph) {
    Ops tf = Ops.create(graph);
    return tf.withName(REQUEST).placeholderWithDefault(tf.constant(0f), Shape.scalar());
  }

  /** Names the sum, so that {@link #of} finds it. */
  public static void requests(Graph graph, Operand<TFloat32> sum) {
    Ops.create(graph).withName(REQUESTS).identity(sum);
  }

  /** The flag of a graph; empty if its step is made by one process. */
  public static Optional<StopFlag> of(Graph graph) {
    Operation request = graph.operation(REQUEST);
    Operation requests = graph.operation(REQUESTS);
    return request == null || requests == null
        ? Optional.empty()
        : Optional.of(new StopFlag(request.output(0), requests.output(0)));
  }
}

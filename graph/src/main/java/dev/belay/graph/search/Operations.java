package dev.belay.graph.search;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.Output;

/** Lists the operations of a graph, and the inputs of one. */
public final class Operations {
  private Operations() {}

  /** All operations that a graph has now; it may change during iteration. */
  public static List<GraphOperation> of(Graph graph) {
    List<GraphOperation> all = new ArrayList<>();
    graph.operations().forEachRemaining(all::add);
    return all;
  }

  /** The tensors that an operation reads, in order. */
  public static List<Output<?>> inputs(GraphOperation operation) {
    return IntStream.range(0, operation.numInputs()).<Output<?>>mapToObj(operation::input).toList();
  }

  /** The operations whose tensors an operation reads. */
  public static List<GraphOperation> sources(GraphOperation operation) {
    return inputs(operation).stream().map(input -> (GraphOperation) input.op()).toList();
  }
}

package dev.belay.graph.runtime;

import dev.belay.graph.search.NodeNames;
import dev.belay.graph.search.Operations;
import org.tensorflow.Graph;

/**
 * Finds graphs whose sums TensorFlow must leave in their order. When it looks for duplicate nodes,
 * it sorts the inputs of each AddN by the names of their nodes. The sum then depends, in its last
 * bit, on how many nodes there are: a backward pass that computes blocks again would not be equal
 * to one that does not.
 *
 * <p>Graphs that Belay builds have hardly any duplicates, so that search is turned off for them.
 */
public final class SumOrder {
  private SumOrder() {}

  /** Returns whether a graph is one of Belay's own. */
  public static boolean mattersIn(Graph graph) {
    String weights = NodeNames.WEIGHTS + "/";
    return Operations.of(graph).stream()
        .anyMatch(node -> node.type().equals("VarHandleOp") && node.name().startsWith(weights));
  }
}

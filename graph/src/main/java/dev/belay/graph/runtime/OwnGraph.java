package dev.belay.graph.runtime;

import dev.belay.graph.search.NodeNames;
import dev.belay.graph.search.Operations;
import org.tensorflow.Graph;

/**
 * Recognizes the graphs that Belay builds. TensorFlow must leave their sums in order: when it looks
 * for duplicate nodes, it sorts the inputs of each AddN by the names of their nodes. The sum then
 * depends, in its last bit, on how many nodes there are: a backward pass that computes blocks again
 * would not be equal to one that does not. They have hardly any duplicates, so nothing is lost.
 */
public final class OwnGraph {
  private OwnGraph() {}

  /** Returns whether Belay built a graph. */
  public static boolean is(Graph graph) {
    String weights = NodeNames.WEIGHTS + "/";
    return Operations.of(graph).stream()
        .anyMatch(node -> node.type().equals("VarHandleOp") && node.name().startsWith(weights));
  }
}

package dev.belay.graph.runtime;

import dev.belay.graph.search.NodeNames;
import dev.belay.graph.search.Operations;
import org.tensorflow.Graph;

/**
 * Recognizes the graphs that Belay builds. TensorFlow must not look for duplicate nodes in them: it
 * then sorts the inputs of each AddN by the names of their nodes. The sum would depend, in its last
 * bit, on how many nodes there are, and a backward pass that computes blocks again would differ
 * from one that does not. These graphs have hardly any duplicates, so nothing is lost.
 */
public final class BuiltGraph {
  private BuiltGraph() {}

  /** Returns whether Belay built a graph. */
  public static boolean is(Graph graph) {
    String weights = NodeNames.WEIGHTS + "/";
    return Operations.of(graph).stream()
        .anyMatch(node -> node.type().equals("VarHandleOp") && node.name().startsWith(weights));
  }
}

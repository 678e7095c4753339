package dev.belay.train.model;

import dev.belay.savedmodel.model.FlatGraph;
import dev.belay.savedmodel.model.op.TensorName;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import org.tensorflow.proto.framework.GraphDef;
import org.tensorflow.proto.framework.NodeDef;

/**
 * Number of token ids that a model knows: the rows of the variable that its token input is looked
 * up in. A larger id is bad input and is refused before TensorFlow sees it, because TensorFlow
 * fails on it on a CPU and not on a GPU.
 */
final class EmbeddingTable {
  private static final Set<String> LOOKUPS = Set.of("ResourceGather", "GatherV2", "Gather");
  private static final Set<String> PASS =
      Set.of(
          "Identity", "Cast", "ExpandDims", "Squeeze", "Reshape", "ReadVariableOp", "EnsureShape");

  private final Map<String, NodeDef> nodes = new HashMap<>();
  private final Map<String, FlatGraph.FlatVariable> byHandle = new HashMap<>();

  private EmbeddingTable(FlatGraph flat) {
    GraphDef graph = flat.graphDef();
    graph.getNodeList().forEach(node -> nodes.put(node.getName(), node));
    flat.variables().forEach(variable -> byHandle.put(variable.handle(), variable));
  }

  /**
   * Rows of the table.
   *
   * @param input the placeholder of the token ids
   * @return the smallest, if several tables are looked up; empty if none is found
   */
  static OptionalInt rows(FlatGraph flat, String input) {
    EmbeddingTable search = new EmbeddingTable(flat);
    return flat.graphDef().getNodeList().stream()
        .filter(node -> LOOKUPS.contains(node.getOp()))
        .filter(node -> search.source(node.getInput(1)).equals(input))
        .map(node -> search.byHandle.get(search.source(node.getInput(0))))
        .filter(table -> table != null && table.variable().shape().numDimensions() == 2)
        .mapToInt(table -> Math.toIntExact(table.variable().shape().get(0)))
        .min();
  }

  /** The node that a value comes from, through ops that leave it as it is. */
  private String source(String tensor) {
    String name = TensorName.nodeOf(tensor);
    while (nodes.containsKey(name) && PASS.contains(nodes.get(name).getOp())) {
      name = TensorName.nodeOf(nodes.get(name).getInput(0));
    }
    return name;
  }
}

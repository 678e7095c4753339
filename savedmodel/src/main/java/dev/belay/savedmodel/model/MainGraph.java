package dev.belay.savedmodel.model;

import dev.belay.savedmodel.model.op.Nodes;
import dev.belay.savedmodel.model.op.Reachable;
import dev.belay.savedmodel.model.op.TensorName;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.GraphDef;
import org.tensorflow.proto.framework.NodeDef;

/** Nodes of a model outside its functions: all nodes of a TF1 model. */
public final class MainGraph {
  private final Map<String, NodeDef> nodes = new LinkedHashMap<>();

  MainGraph(GraphDef graph) {
    graph.getNodeList().forEach(node -> nodes.put(node.getName(), node));
  }

  /** All nodes by name, in the file's order. */
  public Map<String, NodeDef> nodes() {
    return Collections.unmodifiableMap(nodes);
  }

  /** The node that produces a tensor. */
  public Optional<NodeDef> source(String tensor) {
    return Optional.ofNullable(nodes.get(TensorName.nodeOf(tensor)));
  }

  /**
   * The nodes that some nodes need, themselves included.
   *
   * @param roots nodes or tensors
   * @param fed nodes whose own inputs are not needed, since their tensors are fed
   */
  public Set<String> needed(Collection<String> roots, Set<String> fed) {
    Set<String> needed =
        Reachable.from(
            roots.stream().map(TensorName::nodeOf).toList(),
            name ->
                nodes.containsKey(name) && !fed.contains(name)
                    ? Nodes.inputs(nodes.get(name))
                    : List.of());
    needed.retainAll(nodes.keySet());
    return needed;
  }

  /**
   * Returns whether a node or tensor can be computed when these nodes are fed and no other
   * placeholder.
   */
  public boolean isComputable(String root, Set<String> fed) {
    Set<String> needed = needed(List.of(root), fed);
    return !needed.isEmpty()
        && needed.stream().allMatch(name -> fed.contains(name) || !isFedOnly(nodes.get(name)));
  }

  private static boolean isFedOnly(NodeDef node) {
    return node.getOp().equals("Placeholder")
        || node.getOp().equals("PlaceholderV2")
        || node.getOp().startsWith("IteratorGetNext");
  }

  /** The node at the end of a chain of Identity nodes. */
  NodeDef throughIdentity(NodeDef start) {
    NodeDef node = start;
    for (int steps = 0; steps < nodes.size() && node.getOp().endsWith("Identity"); steps++) {
      node = nodes.get(TensorName.nodeOf(node.getInput(0)));
    }
    return node;
  }

  /** Returns whether a node is a boolean with a default whose name refers to training. */
  public static boolean isTrainingSwitch(NodeDef node) {
    String name = node.getName().toLowerCase(Locale.ROOT);
    String last = name.substring(name.lastIndexOf('/') + 1);
    return node.getOp().equals("PlaceholderWithDefault")
        && node.getAttrOrDefault("dtype", AttrValue.getDefaultInstance()).getType()
            == DataType.DT_BOOL
        && (last.contains("train") || last.contains("learning_phase"));
  }
}

package dev.belay.savedmodel.model.inline;

import dev.belay.savedmodel.UnsupportedModelException;
import dev.belay.savedmodel.model.op.Attributes;
import dev.belay.savedmodel.model.op.Nodes;
import dev.belay.savedmodel.model.op.Scalar;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.NodeDef;
import org.tensorflow.proto.framework.TensorProto;

/** Flat graph under construction, with the known values of its scalars. */
final class GrowingGraph {
  /** Nodes that are expanded to find the end of a loop, and then dropped, count as work too. */
  private static final int WORK_FOR_EACH_NODE = 8;

  private final Path file;
  private final int mostNodes;
  private final Map<String, NodeDef> nodes = new LinkedHashMap<>();
  private final List<String> order = new ArrayList<>();
  private final Set<String> reserved = new HashSet<>();
  private final Map<String, Scalar> constants = new HashMap<>();
  private final Map<String, Integer> notes = new TreeMap<>();
  private long work;

  GrowingGraph(Path file, int mostNodes) {
    this.file = file;
    this.mostNodes = mostNodes;
  }

  Map<String, NodeDef> nodes() {
    return Collections.unmodifiableMap(nodes);
  }

  NodeDef node(String name) {
    return nodes.get(name);
  }

  int size() {
    return order.size();
  }

  /** Reserves a name for one node. */
  String reserve(String wanted) {
    String name = wanted;
    for (int i = 1; nodes.containsKey(name) || reserved.contains(name); i++) {
      name = wanted + "_" + i;
    }
    reserved.add(name);
    return name;
  }

  /**
   * Adds a node under a name that is free or was reserved for it.
   *
   * @return its name
   * @throws UnsupportedModelException if the graph becomes too large
   */
  String add(NodeDef node) throws UnsupportedModelException {
    work++;
    if (order.size() >= mostNodes || work > (long) WORK_FOR_EACH_NODE * mostNodes) {
      throw new UnsupportedModelException(
          file,
          "node '" + node.getName() + "'",
          "the model expands to more than " + mostNodes + " nodes, which Belay does not take");
    }
    if (nodes.putIfAbsent(node.getName(), node) != null) {
      throw new IllegalStateException("two nodes '" + node.getName() + "'");
    }
    order.add(node.getName());
    ConstantEvaluator.evaluate(node, constants)
        .ifPresent(value -> constants.put(node.getName(), value));
    return node.getName();
  }

  /** Drops all nodes that were added after the graph had a given size. */
  void rollBack(int size) {
    while (order.size() > size) {
      String name = order.remove(order.size() - 1);
      nodes.remove(name);
      reserved.remove(name);
      constants.remove(name);
    }
  }

  /** The value of a tensor, if it is known before the graph runs. */
  Optional<Scalar> constant(String tensor) {
    return Optional.ofNullable(constants.get(tensor));
  }

  /** Adds a constant. */
  String addConstant(String wanted, Scalar value) throws UnsupportedModelException {
    return addConstant(wanted, value.toProto());
  }

  /** Adds a constant. */
  String addConstant(String wanted, TensorProto value) throws UnsupportedModelException {
    return add(
        Nodes.node(reserve(wanted), "Const")
            .putAttr("dtype", Attributes.type(value.getDtype()))
            .putAttr("value", AttrValue.newBuilder().setTensor(value).build())
            .build());
  }

  /** Counts a change for the notes. */
  void note(String what) {
    notes.merge(what, 1, Integer::sum);
  }

  /** The notes, each with its count. */
  List<String> notes() {
    return notes.entrySet().stream().map(note -> note.getValue() + " " + note.getKey()).toList();
  }
}

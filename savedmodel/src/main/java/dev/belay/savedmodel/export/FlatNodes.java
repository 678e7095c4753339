package dev.belay.savedmodel.export;

import dev.belay.savedmodel.model.op.OpArguments;
import dev.belay.savedmodel.model.op.OpCatalogue;
import dev.belay.savedmodel.model.op.TensorName;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.tensorflow.proto.framework.FunctionDef;
import org.tensorflow.proto.framework.GraphDef;
import org.tensorflow.proto.framework.NodeDef;
import org.tensorflow.proto.framework.OpDef;

/** Nodes of a flat graph by name, with their outputs. */
final class FlatNodes {
  private final Map<String, NodeDef> nodes = new LinkedHashMap<>();
  private final Map<String, OpDef> libraryFunctions = new HashMap<>();

  FlatNodes(GraphDef graph) {
    for (NodeDef node : graph.getNodeList()) {
      if (nodes.put(node.getName(), node) != null) {
        throw new IllegalArgumentException("two nodes are named '" + node.getName() + "'");
      }
    }
    for (FunctionDef function : graph.getLibrary().getFunctionList()) {
      libraryFunctions.put(function.getSignature().getName(), function.getSignature());
    }
  }

  NodeDef node(String name) {
    NodeDef node = nodes.get(name);
    if (node == null) {
      throw new IllegalArgumentException("no node '" + name + "' in the graph");
    }
    return node;
  }

  Collection<NodeDef> all() {
    return nodes.values();
  }

  /** The definition of a node's op, or of the library's function that it calls by its name. */
  OpDef definition(NodeDef node) {
    OpDef function = libraryFunctions.get(node.getOp());
    return function != null
        ? function
        : OpCatalogue.get()
            .find(node.getOp())
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "node '" + node.getName() + "': no op " + node.getOp()));
  }

  /**
   * Everything that must run for some nodes to have run, themselves included, in the graph's order.
   *
   * @param borders nodes fed from outside: they are included, their inputs are not
   */
  Set<String> needed(Collection<String> roots, Collection<String> borders) {
    Set<String> seen = new LinkedHashSet<>(roots);
    Deque<String> waiting = new ArrayDeque<>(seen);
    while (!waiting.isEmpty()) {
      NodeDef node = node(waiting.pop());
      if (borders.contains(node.getName())) {
        continue;
      }
      for (String input : node.getInputList()) {
        String giver = TensorName.parse(input).node();
        if (seen.add(giver)) {
          waiting.push(giver);
        }
      }
    }
    Set<String> inOrder = new LinkedHashSet<>(nodes.keySet());
    inOrder.retainAll(seen);
    return inOrder;
  }

  /** A tensor as function bodies write it: {@code node:argument:index}. */
  String inFunction(TensorName tensor) {
    NodeDef node = node(tensor.node());
    int index = tensor.index();
    for (OpArguments.Argument argument :
        OpArguments.outputs(definition(node), node.getAttrMap()).arguments()) {
      if (index < argument.types().size()) {
        return node.getName() + ":" + argument.name() + ":" + index;
      }
      index -= argument.types().size();
    }
    throw new IllegalArgumentException(
        "node '" + node.getName() + "' (" + node.getOp() + ") has no output " + tensor.index());
  }
}

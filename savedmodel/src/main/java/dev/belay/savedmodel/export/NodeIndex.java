package dev.belay.savedmodel.export;

import dev.belay.savedmodel.model.op.Nodes;
import dev.belay.savedmodel.model.op.OpArguments;
import dev.belay.savedmodel.model.op.OpCatalogue;
import dev.belay.savedmodel.model.op.Reachable;
import dev.belay.savedmodel.model.op.TensorName;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tensorflow.proto.framework.FunctionDef;
import org.tensorflow.proto.framework.GraphDef;
import org.tensorflow.proto.framework.NodeDef;
import org.tensorflow.proto.framework.OpDef;

/** Nodes of a flat graph by name, with their outputs. */
final class NodeIndex {
  private final Map<String, NodeDef> nodes = new LinkedHashMap<>();
  private final Map<String, OpDef> libraryFunctions = new HashMap<>();

  NodeIndex(GraphDef graph) {
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
    Set<String> inOrder = new LinkedHashSet<>(nodes.keySet());
    inOrder.retainAll(
        Reachable.from(
            roots,
            name -> {
              NodeDef node = node(name);
              return borders.contains(name) ? List.of() : Nodes.inputs(node);
            }));
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

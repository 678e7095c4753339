package dev.belay.savedmodel.model;

import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.model.op.Nodes;
import dev.belay.savedmodel.model.op.Reachable;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tensorflow.proto.framework.FunctionDef;
import org.tensorflow.proto.framework.NodeDef;

/**
 * Checks a validated graph and all its functions against a {@link GraphPolicy}.
 *
 * <p>The nodes of the model's own saver are tolerated, but only where neither a signature nor a
 * callable nor the initialisation reaches them.
 */
final class PolicyCheck {
  private static final String EXPECTED =
      "ops that compute and stay within the model (others need --allow-op, if you trust the model)";

  private final Path file;
  private final GraphPolicy policy;
  private final List<NodeDef> graph;
  private final Map<String, FunctionDef> functions;
  private final NestedGraphPolicy hidden;

  PolicyCheck(
      Path file, GraphPolicy policy, List<NodeDef> graph, Map<String, FunctionDef> functions) {
    this.file = file;
    this.policy = policy;
    this.graph = graph;
    this.functions = functions;
    this.hidden = new NestedGraphPolicy(file, policy, EXPECTED);
  }

  /**
   * @param usedNodes nodes of the graph that signatures and the initialisation need
   * @param usedFunctions functions that callables and the initialisation run
   */
  void check(Collection<String> usedNodes, Collection<String> usedFunctions)
      throws CorruptModelException {
    checkAll("", graph, false);
    for (Map.Entry<String, FunctionDef> function : functions.entrySet()) {
      checkAll(place(function.getKey()), function.getValue().getNodeDefList(), false);
    }
    List<NodeDef> reached = reached(usedNodes);
    checkAll("", reached, true);
    List<String> roots = new ArrayList<>(usedFunctions);
    reached.forEach(node -> roots.addAll(Nodes.called(node)));
    for (String name : Reachable.from(roots, this::calledByFunction)) {
      checkAll(place(name), body(name), true);
    }
  }

  private void checkAll(String place, List<NodeDef> nodes, boolean used)
      throws CorruptModelException {
    for (NodeDef node : nodes) {
      String where = place + "node '" + node.getName() + "'";
      if (policy.isSaver(node.getOp())) {
        if (used) {
          throw new CorruptModelException(
              file, where, EXPECTED, "op " + node.getOp() + ", which a signature or call runs");
        }
      } else if (!functions.containsKey(node.getOp())) {
        String found = policy.refusal(node).orElse(null);
        if (found != null) {
          throw new CorruptModelException(file, where, EXPECTED, found);
        }
      }
      if (!used) {
        hidden.check(where, node);
      }
    }
  }

  private List<NodeDef> reached(Collection<String> roots) {
    Map<String, NodeDef> nodes = new HashMap<>();
    graph.forEach(node -> nodes.put(node.getName(), node));
    Set<String> seen =
        Reachable.from(
            roots, name -> nodes.containsKey(name) ? Nodes.inputs(nodes.get(name)) : List.of());
    return graph.stream().filter(node -> seen.contains(node.getName())).toList();
  }

  private List<String> calledByFunction(String name) {
    return body(name).stream().flatMap(node -> Nodes.called(node).stream()).toList();
  }

  private List<NodeDef> body(String function) {
    return functions.containsKey(function) ? functions.get(function).getNodeDefList() : List.of();
  }

  private static String place(String function) {
    return "function '" + function + "', ";
  }
}

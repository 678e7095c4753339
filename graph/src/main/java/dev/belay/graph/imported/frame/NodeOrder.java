package dev.belay.graph.imported.frame;

import dev.belay.graph.imported.rewrite.NodeGraph;
import dev.belay.graph.imported.rewrite.TensorName;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tensorflow.proto.framework.NodeDef;

/** Order of a graph's nodes in which inputs come first, but for the back edges of loops. */
final class NodeOrder {
  private NodeOrder() {}

  static List<NodeDef> of(NodeGraph graph) {
    Map<String, Integer> missing = new HashMap<>();
    Map<String, List<NodeDef>> readers = new HashMap<>();
    Deque<NodeDef> ready = new ArrayDeque<>();
    for (NodeDef node : graph.nodes()) {
      Set<String> needed = new LinkedHashSet<>(TensorName.nodes(node.getInputList()));
      needed.removeIf(input -> graph.node(input).getOp().equals("NextIteration"));
      needed.forEach(input -> readers.computeIfAbsent(input, k -> new ArrayList<>()).add(node));
      missing.put(node.getName(), needed.size());
      if (needed.isEmpty()) {
        ready.add(node);
      }
    }
    List<NodeDef> order = new ArrayList<>();
    while (!ready.isEmpty()) {
      NodeDef node = ready.remove();
      order.add(node);
      for (NodeDef reader : readers.getOrDefault(node.getName(), List.of())) {
        if (missing.merge(reader.getName(), -1, Integer::sum) == 0) {
          ready.add(reader);
        }
      }
    }
    return order;
  }
}

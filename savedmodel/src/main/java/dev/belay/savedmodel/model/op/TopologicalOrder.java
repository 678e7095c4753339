package dev.belay.savedmodel.model.op;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.tensorflow.proto.framework.NodeDef;

/** Orders nodes so that each comes after all of its inputs. */
public final class TopologicalOrder {
  private TopologicalOrder() {}

  /**
   * Orders nodes of one body. The back edge of a TF1 loop, through NextIteration, does not count.
   *
   * @return fewer nodes than were given if they have a cycle: those that do not depend on it
   */
  public static List<NodeDef> of(Collection<NodeDef> nodes) {
    Map<String, NodeDef> byName = new HashMap<>();
    nodes.forEach(node -> byName.put(node.getName(), node));
    Map<String, Integer> missing = new HashMap<>();
    Map<String, List<NodeDef>> users = new HashMap<>();
    Deque<NodeDef> ready = new ArrayDeque<>();
    for (NodeDef node : nodes) {
      int count = 0;
      for (String input : node.getInputList()) {
        NodeDef source = byName.get(TensorName.nodeOf(input));
        if (source != null && !isNextIteration(source)) {
          users.computeIfAbsent(source.getName(), k -> new ArrayList<>()).add(node);
          count++;
        }
      }
      missing.put(node.getName(), count);
      if (count == 0) {
        ready.add(node);
      }
    }
    List<NodeDef> order = new ArrayList<>();
    while (!ready.isEmpty()) {
      NodeDef node = ready.remove();
      order.add(node);
      for (NodeDef user : users.getOrDefault(node.getName(), List.of())) {
        if (missing.merge(user.getName(), -1, Integer::sum) == 0) {
          ready.add(user);
        }
      }
    }
    return order;
  }

  /** Returns whether a node leads back to the head of a TF1 loop. */
  public static boolean isNextIteration(NodeDef node) {
    return node.getOp().equals("NextIteration") || node.getOp().equals("RefNextIteration");
  }
}

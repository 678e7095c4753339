package dev.belay.savedmodel.model.op;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.tensorflow.proto.framework.NodeDef;

/** Orders nodes or functions so that each comes after all of its inputs. */
public final class TopologicalOrder {
  private TopologicalOrder() {}

  /**
   * Orders nodes of one body. The back edge of a TF1 loop, through NextIteration, does not count.
   *
   * @return fewer nodes than were given if they have a cycle: those that do not depend on it
   */
  public static List<NodeDef> of(Collection<NodeDef> nodes) {
    Map<String, NodeDef> byName = new LinkedHashMap<>();
    nodes.forEach(node -> byName.put(node.getName(), node));
    List<String> order =
        of(
            byName.keySet(),
            name ->
                Nodes.inputs(byName.get(name)).stream()
                    .filter(byName::containsKey)
                    .filter(input -> !isNextIteration(byName.get(input)))
                    .toList());
    return order.stream().map(byName::get).toList();
  }

  /**
   * Orders vertices of any kind.
   *
   * @param inputs the vertices that must come before one, all of them among those given
   * @return fewer vertices than were given if they have a cycle: those that do not depend on it
   */
  public static <T> List<T> of(Set<T> vertices, Function<T, Collection<T>> inputs) {
    Map<T, Integer> missing = new HashMap<>();
    Map<T, List<T>> users = new HashMap<>();
    Deque<T> ready = new ArrayDeque<>();
    for (T vertex : vertices) {
      Collection<T> needed = inputs.apply(vertex);
      needed.forEach(input -> users.computeIfAbsent(input, k -> new ArrayList<>()).add(vertex));
      missing.put(vertex, needed.size());
      if (needed.isEmpty()) {
        ready.add(vertex);
      }
    }
    List<T> order = new ArrayList<>();
    while (!ready.isEmpty()) {
      T vertex = ready.remove();
      order.add(vertex);
      for (T user : users.getOrDefault(vertex, List.of())) {
        if (missing.merge(user, -1, Integer::sum) == 0) {
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

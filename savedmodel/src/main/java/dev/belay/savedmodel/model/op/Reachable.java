package dev.belay.savedmodel.model.op;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.Function;

/** Breadth-first search of nodes, functions, objects or states. */
public final class Reachable {
  private Reachable() {}

  /**
   * Everything that is reached from some vertices, themselves included, in the order in which it is
   * found.
   *
   * @param next the vertices to which one leads
   */
  public static <T> Set<T> from(
      Collection<? extends T> roots, Function<T, ? extends Collection<? extends T>> next) {
    Set<T> reached = new LinkedHashSet<>(roots);
    Deque<T> open = new ArrayDeque<>(reached);
    while (!open.isEmpty()) {
      for (T vertex : next.apply(open.remove())) {
        if (reached.add(vertex)) {
          open.add(vertex);
        }
      }
    }
    return reached;
  }
}

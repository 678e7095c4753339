package dev.belay.graph.search;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;

/** Breadth-first search of a graph. */
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
    search(reached, next, vertex -> false);
    return reached;
  }

  /** The first vertex found from a root, the root included, that a predicate accepts. */
  public static <T> Optional<T> nearest(
      T root, Function<T, ? extends Collection<? extends T>> next, Predicate<T> wanted) {
    return search(new LinkedHashSet<>(List.of(root)), next, wanted);
  }

  private static <T> Optional<T> search(
      Set<T> reached, Function<T, ? extends Collection<? extends T>> next, Predicate<T> wanted) {
    Deque<T> open = new ArrayDeque<>(reached);
    while (!open.isEmpty()) {
      T vertex = open.remove();
      if (wanted.test(vertex)) {
        return Optional.of(vertex);
      }
      for (T following : next.apply(vertex)) {
        if (reached.add(following)) {
          open.add(following);
        }
      }
    }
    return Optional.empty();
  }
}

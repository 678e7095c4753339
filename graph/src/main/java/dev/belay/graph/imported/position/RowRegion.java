package dev.belay.graph.imported.position;

import dev.belay.graph.imported.position.RowRules.Reads;
import dev.belay.graph.imported.position.RowRules.Rows;
import dev.belay.graph.imported.position.ShapeSizes.Axis;
import dev.belay.graph.imported.rewrite.NodeGraph;
import dev.belay.graph.imported.rewrite.Nodes;
import dev.belay.graph.imported.rewrite.TensorName;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tensorflow.proto.framework.NodeDef;

/**
 * The nodes above a tensor of which one row is made of one row each, and the tensors with positions
 * that these nodes read.
 */
final class RowRegion {
  private final NodeGraph graph;
  private final RowRules rules;
  private final Set<String> stops;
  private final Map<String, Rows> demanded = new LinkedHashMap<>();
  private final Map<String, Reads> inside = new LinkedHashMap<>();
  private final Map<String, String> readers = new HashMap<>();

  /**
   * @param stops nodes that are not taken in
   */
  RowRegion(NodeGraph graph, RowRules rules, Set<String> stops) {
    this.graph = graph;
    this.rules = rules;
    this.stops = stops;
  }

  /**
   * Takes in all nodes above a tensor that it can.
   *
   * @return a node that must not be taken in, after which the region is of no use
   */
  Optional<String> grow(String tensor, Rows rows) {
    Deque<String> open = new ArrayDeque<>();
    demanded.put(tensor, rows);
    open.add(tensor);
    while (!open.isEmpty()) {
      String next = open.remove();
      Rows own = demanded.get(next);
      NodeDef node = graph.node(next);
      Optional<Reads> reads = mayTake(next, node) ? rules.of(node, own) : Optional.empty();
      if (reads.isEmpty()) {
        if (mustBeTakenIn(next, own)) {
          return Optional.of(readers.get(next));
        }
        continue;
      }
      inside.put(next, reads.get());
      for (Map.Entry<Integer, Rows> read : reads.get().rows().entrySet()) {
        String input = graph.current(node.getInput(read.getKey()));
        Rows before = demanded.putIfAbsent(input, read.getValue());
        if (before == null) {
          readers.put(input, node.getName());
          open.add(input);
        } else if (!before.equals(read.getValue())) {
          return Optional.of(node.getName());
        }
      }
    }
    return unknownShape();
  }

  /**
   * Rows of all texts have no axis to slice, and a slice of a dropout's mask would hide the dropout
   * from what removes it or draws it again.
   */
  private boolean mustBeTakenIn(String tensor, Rows rows) {
    return rows.axis().isEmpty() || (readers.containsKey(tensor) && rules.isDrawn(tensor));
  }

  private boolean mayTake(String tensor, NodeDef node) {
    return TensorName.index(tensor) == 0
        && !stops.contains(node.getName())
        && Nodes.controlInputs(node).isEmpty();
  }

  /** A node whose shape has the number of positions of a tensor that keeps all of them. */
  private Optional<String> unknownShape() {
    for (Map.Entry<String, Reads> node : inside.entrySet()) {
      for (Axis axis : node.getValue().positions()) {
        Rows rows = demanded.get(axis.tensor());
        if (rows == null || rows.axis().isEmpty() || rows.axis().getAsInt() != axis.index()) {
          return Optional.of(TensorName.node(node.getKey()));
        }
      }
    }
    return Optional.empty();
  }

  /** The nodes, by name. */
  Collection<String> nodes() {
    return inside.keySet();
  }

  /** Whether one row of a tensor is wanted. */
  boolean wants(String tensor) {
    return demanded.containsKey(tensor);
  }

  /** The rows of a tensor that is wanted. */
  Rows rows(String tensor) {
    return demanded.get(tensor);
  }

  /** What a node reads, if it is taken in. */
  Optional<Reads> reads(String tensor) {
    return Optional.ofNullable(inside.get(tensor));
  }
}

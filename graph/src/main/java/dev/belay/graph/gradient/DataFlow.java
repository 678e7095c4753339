package dev.belay.graph.gradient;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.proto.framework.DataType;

/** Dependencies between tensors, by data edges, at one moment of a graph. */
final class DataFlow {
  private static final Set<DataType> CARRIES_GRADIENT =
      Set.of(
          DataType.DT_FLOAT,
          DataType.DT_DOUBLE,
          DataType.DT_HALF,
          DataType.DT_BFLOAT16,
          DataType.DT_COMPLEX64,
          DataType.DT_COMPLEX128,
          // Loop variables and the resources that a loop reads can hide floats.
          DataType.DT_VARIANT,
          DataType.DT_RESOURCE);

  private final Map<String, GraphOperation> nodes = new HashMap<>();
  private final Map<String, List<Edge>> inputs = new HashMap<>();
  private final Map<String, List<String>> floatConsumers = new HashMap<>();

  private record Edge(String from, boolean carriesGradient) {}

  /** Takes a snapshot. */
  DataFlow(Graph graph) {
    for (Iterator<GraphOperation> i = graph.operations(); i.hasNext(); ) {
      GraphOperation operation = i.next();
      List<Edge> edges = new ArrayList<>();
      for (int input = 0; input < operation.numInputs(); input++) {
        Output<?> read = operation.input(input);
        boolean carries = carriesGradient(read.dataType());
        edges.add(new Edge(read.op().name(), carries));
        if (carries) {
          floatConsumers
              .computeIfAbsent(read.op().name(), key -> new ArrayList<>())
              .add(operation.name());
        }
      }
      nodes.put(operation.name(), operation);
      inputs.put(operation.name(), edges);
    }
  }

  /** Returns whether tensors of a type can depend differentiably on a variable. */
  static boolean carriesGradient(DataType type) {
    return CARRIES_GRADIENT.contains(type);
  }

  /** The node of that name. */
  GraphOperation node(String name) {
    return nodes.get(name);
  }

  /** All nodes that the roots are computed from, including those of the roots. */
  Set<String> ancestors(Collection<? extends Operand<?>> roots) {
    Set<String> seen = new HashSet<>();
    Deque<String> queue = new ArrayDeque<>();
    roots.forEach(root -> queue.add(root.asOutput().op().name()));
    while (!queue.isEmpty()) {
      String node = queue.poll();
      if (seen.add(node)) {
        inputs.get(node).forEach(edge -> queue.add(edge.from()));
      }
    }
    return seen;
  }

  /**
   * All nodes that depend on a source through floating-point tensors, up to any StopGradient; the
   * sources' own nodes included.
   */
  Set<String> reached(Collection<? extends Operand<?>> sources) {
    Set<String> start = new HashSet<>();
    sources.forEach(source -> start.add(source.asOutput().op().name()));
    Set<String> seen = new HashSet<>();
    Deque<String> queue = new ArrayDeque<>(start);
    while (!queue.isEmpty()) {
      String node = queue.poll();
      boolean ends = nodes.get(node).type().equals("StopGradient") && !start.contains(node);
      if (!ends && seen.add(node)) {
        queue.addAll(floatConsumers.getOrDefault(node, List.of()));
      }
    }
    return seen;
  }

  /** Of {@code among}, the nodes that a target depends on through floating-point tensors. */
  Set<String> leadingTo(Collection<? extends Operand<?>> targets, Set<String> among) {
    Set<String> seen = new HashSet<>();
    Deque<String> queue = new ArrayDeque<>();
    targets.forEach(target -> queue.add(target.asOutput().op().name()));
    while (!queue.isEmpty()) {
      String node = queue.poll();
      if (among.contains(node) && seen.add(node)) {
        for (Edge edge : inputs.get(node)) {
          if (edge.carriesGradient()) {
            queue.add(edge.from());
          }
        }
      }
    }
    return seen;
  }
}

package dev.belay.graph.gradient;

import dev.belay.graph.search.FloatingTypes;
import dev.belay.graph.search.Operations;
import dev.belay.graph.search.Reachable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.proto.framework.DataType;

/** Dependencies between tensors, by data edges, at one moment of a graph. */
final class GradientFlow {
  private final Map<String, GraphOperation> nodes = new HashMap<>();
  private final Map<String, List<Edge>> inputs = new HashMap<>();
  private final Map<String, List<String>> floatConsumers = new HashMap<>();

  private record Edge(String from, boolean carriesGradient) {}

  /** Takes a snapshot. */
  GradientFlow(Graph graph) {
    for (GraphOperation operation : Operations.of(graph)) {
      List<Edge> edges = new ArrayList<>();
      for (Output<?> read : Operations.inputs(operation)) {
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
    // The resources that a loop reads can hide floats.
    return FloatingTypes.carriesGradient(type) || type == DataType.DT_RESOURCE;
  }

  /** The node of that name. */
  GraphOperation node(String name) {
    return nodes.get(name);
  }

  /** All nodes that the roots are computed from, including those of the roots. */
  Set<String> ancestors(Collection<? extends Operand<?>> roots) {
    return Reachable.from(names(roots), node -> inputs.get(node).stream().map(Edge::from).toList());
  }

  /**
   * All nodes that depend on a source through floating-point tensors, up to any StopGradient; the
   * sources' own nodes included.
   */
  Set<String> reached(Collection<? extends Operand<?>> sources) {
    return Reachable.from(
        names(sources),
        node ->
            floatConsumers.getOrDefault(node, List.of()).stream()
                .filter(consumer -> !nodes.get(consumer).type().equals("StopGradient"))
                .toList());
  }

  /**
   * Of {@code among}, the nodes that a target depends on through floating-point tensors, up to any
   * StopGradient.
   */
  Set<String> leadingTo(Collection<? extends Operand<?>> targets, Set<String> among) {
    return Reachable.from(
        names(targets).stream().filter(among::contains).toList(),
        node ->
            nodes.get(node).type().equals("StopGradient")
                ? List.of()
                : inputs.get(node).stream()
                    .filter(Edge::carriesGradient)
                    .map(Edge::from)
                    .filter(among::contains)
                    .toList());
  }

  private static List<String> names(Collection<? extends Operand<?>> tensors) {
    return tensors.stream().map(tensor -> tensor.asOutput().op().name()).toList();
  }
}

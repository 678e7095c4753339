package dev.belay.graph.imported.loop;

import dev.belay.graph.imported.rewrite.NodeGraph;
import dev.belay.graph.imported.rewrite.Nodes;
import dev.belay.graph.imported.rewrite.TensorName;
import dev.belay.graph.search.FloatingTypes;
import dev.belay.graph.search.Reachable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.NodeDef;

/**
 * Ends each path from what trains that passes through integers, such as a length or the result of
 * an ArgMax, behind a StopGradient. No gradient takes such a path, but the native runtime follows
 * it, and asks for the gradient of every op that it meets there.
 */
final class IntegerPaths {
  private final NodeGraph graph;
  private final DifferentiablePath differentiable;
  private final Set<String> dependent;
  private final Set<String> behindHandles;
  private final Map<String, String> ends = new HashMap<>();

  private IntegerPaths(
      NodeGraph graph,
      Collection<String> sources,
      Predicate<String> trains,
      DifferentiablePath differentiable) {
    this.graph = graph;
    this.differentiable = differentiable;
    this.dependent = downstream(sources.stream().map(TensorName::node).toList());
    this.behindHandles =
        downstream(
            graph.nodes().stream()
                .filter(node -> hidesItsReads(node) && reads(node, trains))
                .map(NodeDef::getName)
                .toList());
  }

  private Set<String> downstream(List<String> nodes) {
    return Reachable.from(
        nodes, name -> graph.consumers(name).stream().map(NodeDef::getName).toList());
  }

  /**
   * Ends the paths of a graph.
   *
   * @param sources tensors that gradients are taken by
   * @param trains selects handles of variables that train; a loop or conditional that still has one
   *     may depend on its variable differentiably
   * @param differentiable what depends on the sources differentiably
   */
  static void end(
      NodeGraph graph,
      Collection<String> sources,
      Predicate<String> trains,
      DifferentiablePath differentiable) {
    IntegerPaths paths = new IntegerPaths(graph, sources, trains, differentiable);
    for (NodeDef node : graph.nodes()) {
      if (paths.dependent.contains(node.getName())) {
        paths.endBefore(node);
      }
    }
    graph.settle();
  }

  private static boolean hidesItsReads(NodeDef node) {
    return Loops.isLoop(node) || Branches.isConditional(node);
  }

  private boolean reads(NodeDef node, Predicate<String> trains) {
    return Nodes.dataInputs(node).stream().map(graph::behindIdentity).anyMatch(trains);
  }

  private void endBefore(NodeDef node) {
    List<String> inputs = Nodes.dataInputs(node);
    if (hidesItsReads(node) || inputs.stream().noneMatch(differentiable::isReached)) {
      return;
    }
    List<String> ended = new ArrayList<>();
    inputs.forEach(input -> ended.add(endsHere(input) ? end(input) : input));
    if (!ended.equals(inputs)) {
      graph.put(
          node.toBuilder()
              .clearInput()
              .addAllInput(ended)
              .addAllInput(Nodes.controlInputs(node))
              .build());
    }
  }

  private boolean endsHere(String tensor) {
    return dependent.contains(TensorName.node(tensor))
        && !behindHandles.contains(TensorName.node(tensor))
        && !differentiable.isReached(tensor)
        && FloatingTypes.isReal(type(tensor))
        && !graph.node(TensorName.node(tensor)).getOp().equals("StopGradient");
  }

  private DataType type(String tensor) {
    return OpOutputs.of(graph.node(TensorName.node(tensor))).get(TensorName.index(tensor)).type();
  }

  private String end(String tensor) {
    return ends.computeIfAbsent(
        TensorName.of(TensorName.node(tensor), TensorName.index(tensor)),
        of -> {
          String end = graph.fresh(TensorName.node(of) + "/belay_end");
          graph.put(Nodes.node(end, "StopGradient", of).putAttr("T", Nodes.type(type(of))).build());
          return end;
        });
  }
}

package dev.belay.graph.imported.loop;

import dev.belay.graph.gradient.GradientGap;
import dev.belay.graph.gradient.Gradients;
import dev.belay.graph.gradient.NoGradientReport;
import dev.belay.graph.gradient.UntrainableModelException;
import dev.belay.graph.imported.rewrite.NodeGraph;
import dev.belay.graph.imported.rewrite.Nodes;
import dev.belay.graph.imported.rewrite.TensorName;
import dev.belay.graph.search.Reachable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.proto.framework.NodeDef;

/**
 * Gradient of one iteration of a loop, in one graph with the iteration.
 *
 * @param variables the loop's variables that have a gradient
 * @param incoming placeholders of the gradients of what the iteration returns, in that order
 * @param gradients tensors with the gradients of what it takes
 * @param nodes of the whole graph, by name
 * @param iteration names of the nodes of the iteration
 */
record IterationGradient(
    List<Integer> variables,
    List<LoopFunction.Argument> incoming,
    List<String> gradients,
    Map<String, NodeDef> nodes,
    Set<String> iteration) {

  /**
   * Differentiates the body of a loop.
   *
   * @param cuts of its arrays and of the loops in it
   */
  static IterationGradient of(LoopFunction body, List<Integer> variables, LoopGradients cuts)
      throws LoopObstacle {
    return of(body, variables, variables, cuts);
  }

  /**
   * Differentiates a function.
   *
   * @param variables indices of the arguments that have a gradient
   * @param results indices of the results whose gradients are given
   * @param cuts of its arrays and of the loops in it
   */
  static IterationGradient of(
      LoopFunction body, List<Integer> variables, List<Integer> results, LoopGradients cuts)
      throws LoopObstacle {
    NodeGraph iteration = body.nodes();
    try (Graph graph = new Graph()) {
      graph.importGraphDef(iteration.toGraphDef());
      List<Output<?>> from = new ArrayList<>();
      List<Output<?>> by = new ArrayList<>();
      for (int result : results) {
        from.add(GapCut.output(graph, iteration.current(body.results().get(result))));
      }
      for (int variable : variables) {
        by.add(GapCut.output(graph, body.arguments().get(variable)));
      }
      List<GradientGap> gaps = cuts.gaps(graph, iteration);
      requireGradients(graph, from, by, gaps);
      Ops root = Ops.create(graph);
      Ops tf = root.withSubScope("gradient");
      List<LoopFunction.Argument> incoming = new ArrayList<>();
      List<Output<?>> incomingTensors = new ArrayList<>();
      for (int i = 0; i < results.size(); i++) {
        Output<?> placeholder =
            graph
                .opBuilder("Placeholder", "belay_incoming_" + i, root.scope())
                .setAttr("dtype", from.get(i).dataType())
                .build()
                .output(0);
        incoming.add(new LoopFunction.Argument(placeholder.op().name(), from.get(i).dataType()));
        incomingTensors.add(placeholder);
      }
      List<String> gradients = new ArrayList<>();
      List<Operand<?>> sums = differentiate(tf, from, incomingTensors, by, gaps);
      for (int i = 0; i < by.size(); i++) {
        Output<?> sum = (sums.get(i) == null ? tf.zerosLike(by.get(i)) : sums.get(i)).asOutput();
        gradients.add(TensorName.of(sum.op().name(), sum.index()));
      }
      Map<String, NodeDef> nodes = new HashMap<>();
      graph.toGraphDef().getNodeList().forEach(node -> nodes.put(node.getName(), node));
      Set<String> names =
          iteration.nodes().stream().map(NodeDef::getName).collect(Collectors.toSet());
      return new IterationGradient(variables, incoming, gradients, nodes, names);
    }
  }

  private static void requireGradients(
      Graph graph, List<Output<?>> from, List<Output<?>> by, List<GradientGap> gaps)
      throws LoopObstacle {
    NoGradientReport report = NoGradientReport.of(graph, from, by, gaps, Map.of());
    if (!report.isEmpty()) {
      throw new LoopObstacle("its body has no gradient. " + report.text());
    }
  }

  private static List<Operand<?>> differentiate(
      Ops tf,
      List<Output<?>> from,
      List<Output<?>> gradients,
      List<Output<?>> by,
      List<GradientGap> gaps)
      throws LoopObstacle {
    try {
      return Gradients.of(tf, from, gradients, by, gaps);
    } catch (UntrainableModelException e) {
      throw new LoopObstacle("its body has no gradient. " + e.getMessage());
    }
  }

  /** The nodes of the iteration. */
  List<NodeDef> forward() {
    return iteration.stream().map(nodes::get).toList();
  }

  /**
   * The nodes that compute the gradients, those of the iteration that they read included.
   *
   * @param arguments names of what is given
   */
  List<NodeDef> computing(List<String> arguments) throws LoopObstacle {
    Set<String> needed =
        Reachable.from(
            TensorName.nodes(gradients),
            name ->
                arguments.contains(name)
                    ? List.of()
                    : TensorName.nodes(Nodes.dataInputs(nodes.get(name))));
    List<NodeDef> computing = new ArrayList<>();
    for (String name : needed) {
      NodeDef node = nodes.get(name);
      if (arguments.contains(name)) {
        continue;
      }
      if (OpOutputs.isStateful(node) && !Loops.isLoop(node) && !Branches.isConditional(node)) {
        throw new LoopObstacle("its gradient reads a variable within it, at " + name);
      }
      computing.add(node.toBuilder().clearInput().addAllInput(Nodes.dataInputs(node)).build());
    }
    return computing;
  }

  NodeDef node(String tensor) {
    return nodes.get(TensorName.node(tensor));
  }

  boolean isOfIteration(String tensor) {
    return iteration.contains(TensorName.node(tensor));
  }
}

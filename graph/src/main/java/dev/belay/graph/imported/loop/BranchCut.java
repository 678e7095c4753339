package dev.belay.graph.imported.loop;

import dev.belay.graph.imported.rewrite.NodeGraph;
import dev.belay.graph.imported.rewrite.Nodes;
import dev.belay.graph.search.FloatingTypes;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.GraphOperation;
import org.tensorflow.OperationBuilder;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.NodeDef;
import org.tensorflow.proto.framework.TensorShapeProto;

/**
 * Cuts the graph behind a conditional. Its gradient is a conditional of the same condition, whose
 * branches compute the ones of the original again and then their gradients: no branch runs that the
 * condition does not take.
 */
final class BranchCut {
  private final NodeGraph graph;
  private final NodeDef node;
  private final List<Integer> variables;
  private final List<Integer> results;

  /**
   * @param variables indices of the arguments that have a gradient
   * @param results indices of the results that depend on them
   */
  BranchCut(NodeGraph graph, NodeDef node, List<Integer> variables, List<Integer> results) {
    this.graph = graph;
    this.node = node;
    this.variables = variables;
    this.results = results;
  }

  /**
   * Cuts.
   *
   * @param outer cuts of the graph that the conditional is in
   */
  GapCut cut(LoopGradients outer) throws LoopObstacle {
    List<String> arguments = Branches.arguments(node);
    if (variables.stream().map(Branches.types(node)::get).anyMatch(FloatingTypes::isComplex)
        || results.stream()
            .map(Branches.resultTypes(node)::get)
            .anyMatch(FloatingTypes::isComplex)) {
      throw new LoopObstacle("it hands complex numbers to or from a branch");
    }
    List<String> backward = new ArrayList<>();
    for (String function : Branches.functions(node)) {
      backward.add(backward(function, outer.within()));
    }
    String inner = graph.fresh(node.getName() + "/taken");
    NodeDef forward = node.toBuilder().setName(inner).build();
    graph.put(forward);
    List<String> stopped = new ArrayList<>();
    for (int i = 0; i < Branches.resultTypes(node).size(); i++) {
      String tensor = Branches.result(forward, i);
      if (results.contains(i)) {
        tensor = Cuts.stop(graph, node.getName(), tensor, Branches.resultTypes(node).get(i));
        stopped.add(tensor);
      }
      graph.move(Branches.result(node, i), tensor);
    }
    graph.remove(node.getName());
    List<String> captures = new ArrayList<>(List.of(node.getInput(0)));
    captures.addAll(arguments);
    return new GapCut(
        node.getName(),
        stopped,
        variables.stream().map(arguments::get).toList(),
        captures,
        (tf, incoming, tensors) -> add(tf, incoming, tensors, backward));
  }

  /** Writes the gradient of one branch, and returns the function's name. */
  private String backward(String function, LoopGradients inner) throws LoopObstacle {
    List<String> inputs = Branches.arguments(node);
    List<TensorShapeProto> shapes =
        inputs.stream().map(input -> Loops.proto(graph.shapeOf(input))).toList();
    LoopFunction branch = LoopFunction.of(graph, function, shapes);
    inner.prepare(branch, variables, results);
    IterationGradient gradient = IterationGradient.of(branch, variables, results, inner);
    branch.nodes().functions().forEach(graph::putFunction);
    List<LoopFunction.Argument> arguments = new ArrayList<>();
    for (int i = 0; i < inputs.size(); i++) {
      arguments.add(
          new LoopFunction.Argument(branch.arguments().get(i), Branches.types(node).get(i)));
    }
    arguments.addAll(gradient.incoming());
    String name = graph.freshFunction(function + "_backward");
    List<NodeDef> nodes =
        gradient.computing(arguments.stream().map(LoopFunction.Argument::name).toList());
    graph.putFunction(LoopFunction.write(name, arguments, nodes, gradient.gradients(), List.of()));
    return name;
  }

  /** Adds the gradient to a graph. */
  private List<Output<?>> add(
      Ops tf, List<Output<?>> incoming, GapCut.Tensors tensors, List<String> backward) {
    List<Output<?>> inputs = new ArrayList<>(tensors.captures());
    List<DataType> types = new ArrayList<>(Branches.types(node));
    for (int i = 0; i < results.size(); i++) {
      Output<?> given = incoming.get(i);
      inputs.add(given == null ? tf.zerosLike(tensors.results().get(i)).asOutput() : given);
      types.add(Branches.resultTypes(node).get(results.get(i)));
    }
    NodeDef.Builder functions = node.toBuilder();
    Branches.setFunctions(functions, backward);
    boolean isCase = node.containsAttr("branches");
    OperationBuilder builder =
        tf.scope()
            .opBuilder(isCase ? "StatelessCase" : "StatelessIf", "branch_gradient")
            .addInput(inputs.get(0))
            .addInputList(inputs.subList(1, inputs.size()).toArray(new Output<?>[0]))
            .setAttr("Tin", types.toArray(new DataType[0]))
            .setAttr(
                "Tout", variables.stream().map(Branches.types(node)::get).toArray(DataType[]::new))
            .setAttr(Loops.LOWERED, true);
    if (isCase) {
      builder.setAttr("branches", functions.getAttrOrThrow("branches"));
    } else {
      builder
          .setAttr("Tcond", Nodes.type(node, "Tcond"))
          .setAttr("then_branch", functions.getAttrOrThrow("then_branch"))
          .setAttr("else_branch", functions.getAttrOrThrow("else_branch"));
    }
    GraphOperation conditional = (GraphOperation) builder.build();
    List<Output<?>> gradients = new ArrayList<>();
    for (int i = 0; i < variables.size(); i++) {
      gradients.add(conditional.output(i));
    }
    return gradients;
  }
}

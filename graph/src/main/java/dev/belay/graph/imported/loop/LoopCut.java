package dev.belay.graph.imported.loop;

import dev.belay.graph.imported.rewrite.NodeGraph;
import dev.belay.graph.imported.rewrite.Nodes;
import dev.belay.graph.imported.rewrite.TensorName;
import dev.belay.graph.search.FloatingTypes;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.NodeDef;
import org.tensorflow.proto.framework.TensorShapeProto;

/**
 * Cuts the graph behind a loop. The loop counts its iterations and saves, in one array for each
 * tensor, what the gradient of an iteration reads; a second loop of as many iterations takes it
 * from the ends of the arrays.
 *
 * <p>Source of the idea: {@code while_v2.py} of TensorFlow 2.10.
 */
final class LoopCut {
  private final NodeGraph graph;
  private final NodeDef loop;
  private final List<Integer> variables;

  /**
   * @param variables indices of the loop's variables that have a gradient
   */
  LoopCut(NodeGraph graph, NodeDef loop, List<Integer> variables) {
    this.graph = graph;
    this.loop = loop;
    this.variables = variables;
  }

  GapCut cut(LoopGradients inner) throws LoopObstacle {
    if (variables.stream().map(Loops.types(loop)::get).anyMatch(FloatingTypes::isComplex)) {
      throw new LoopObstacle("it hands complex numbers from one iteration to the next");
    }
    LoopFunction body = body(inner);
    IterationGradient gradient = IterationGradient.of(body, variables, inner);
    body.nodes().functions().forEach(graph::putFunction);
    BackwardLoop backward = BackwardLoop.write(graph, body, gradient);
    List<String> inputs = Nodes.dataInputs(loop);
    String saving = saving(body, gradient, backward);
    int count = inputs.size();
    List<String> results = new ArrayList<>();
    for (int i = 0; i < inputs.size(); i++) {
      String tensor = TensorName.of(saving, i);
      if (variables.contains(i)) {
        tensor = Cuts.stop(graph, loop.getName(), tensor, Loops.types(loop).get(i));
        results.add(tensor);
      }
      graph.move(TensorName.of(loop.getName(), i), tensor);
    }
    graph.remove(loop.getName());
    List<String> captures = new ArrayList<>();
    for (int i = 0; i <= backward.saved().size(); i++) {
      captures.add(TensorName.of(saving, count + i));
    }
    backward.invariants().forEach(index -> captures.add(inputs.get(index)));
    return new GapCut(
        loop.getName(),
        results,
        variables.stream().map(inputs::get).toList(),
        captures,
        backward::add);
  }

  private LoopFunction body(LoopGradients inner) throws LoopObstacle {
    List<String> inputs = Nodes.dataInputs(loop);
    LoopFunction unshaped =
        LoopFunction.of(graph, Loops.body(loop), LoopFunction.unknownShapes(inputs.size()));
    LoopFunction body =
        LoopFunction.of(graph, Loops.body(loop), Loops.shapes(graph, loop, unshaped));
    inner.prepare(body, variables, variables);
    return body;
  }

  /** Adds the loop that saves, under another name, and returns it. */
  private String saving(LoopFunction body, IterationGradient gradient, BackwardLoop backward) {
    List<DataType> types = new ArrayList<>(Loops.types(loop));
    List<TensorShapeProto> shapes = new ArrayList<>(Loops.declaredShapes(loop));
    types.add(DataType.DT_INT32);
    shapes.add(TensorShapeProto.getDefaultInstance());
    List<String> starts = new ArrayList<>(Nodes.dataInputs(loop));
    String name = graph.fresh(loop.getName() + "/saving");
    starts.add(constant(name + "/count", 0));
    String any = constant(name + "/any", -1);
    for (BackwardLoop.Saved saved : backward.saved()) {
      String list = graph.fresh(name + "/" + saved.list());
      graph.put(
          Nodes.node(list, "EmptyTensorList", any, any)
              .putAttr("element_dtype", Nodes.type(saved.type()))
              .putAttr("shape_type", Nodes.type(DataType.DT_INT32))
              .build());
      starts.add(list);
      types.add(DataType.DT_VARIANT);
      shapes.add(Loops.UNKNOWN);
    }
    graph.put(
        loop.toBuilder()
            .setName(name)
            .clearInput()
            .addAllInput(starts)
            .addAllInput(Nodes.controlInputs(loop))
            .putAttr("T", Loops.types(types))
            .putAttr(Loops.LOWERED, Nodes.bool(true))
            .putAttr("output_shapes", Loops.shapes(shapes))
            .putAttr("body", Loops.function(savingBody(body, gradient, backward)))
            .putAttr("cond", Loops.function(condition(types)))
            .build());
    return name;
  }

  private String constant(String wanted, int value) {
    String name = graph.fresh(wanted);
    graph.put(Nodes.constant(name, value));
    return name;
  }

  private String savingBody(LoopFunction body, IterationGradient gradient, BackwardLoop backward) {
    List<LoopFunction.Argument> arguments = new ArrayList<>();
    for (int i = 0; i < body.arguments().size(); i++) {
      arguments.add(new LoopFunction.Argument(body.arguments().get(i), Loops.types(loop).get(i)));
    }
    List<NodeDef> nodes = new ArrayList<>(gradient.forward());
    List<String> results = new ArrayList<>();
    body.results().forEach(result -> results.add(body.nodes().current(result)));
    arguments.add(new LoopFunction.Argument("belay_count", DataType.DT_INT32));
    nodes.add(Nodes.constant("belay_count/one", 1));
    nodes.add(
        Nodes.node("belay_count/next", "AddV2", "belay_count", "belay_count/one")
            .putAttr("T", Nodes.type(DataType.DT_INT32))
            .build());
    results.add("belay_count/next");
    for (BackwardLoop.Saved saved : backward.saved()) {
      arguments.add(new LoopFunction.Argument(saved.list(), DataType.DT_VARIANT));
      nodes.add(
          Nodes.node(saved.list() + "/push", "TensorListPushBack", saved.list(), saved.tensor())
              .putAttr("element_dtype", Nodes.type(saved.type()))
              .build());
      results.add(saved.list() + "/push");
    }
    String name = graph.freshFunction(body.name() + "_saving");
    graph.putFunction(
        LoopFunction.write(
            name,
            arguments,
            nodes,
            results,
            body.effects().stream().map(body.nodes()::current).map(TensorName::node).toList()));
    return name;
  }

  private String condition(List<DataType> types) {
    LoopFunction condition =
        LoopFunction.of(
            graph, Loops.condition(loop), LoopFunction.unknownShapes(Loops.types(loop).size()));
    List<LoopFunction.Argument> arguments = new ArrayList<>();
    for (int i = 0; i < types.size(); i++) {
      boolean old = i < condition.arguments().size();
      arguments.add(
          new LoopFunction.Argument(
              old ? condition.arguments().get(i) : "belay_saved_" + i, types.get(i)));
    }
    String name = graph.freshFunction(condition.name() + "_saving");
    graph.putFunction(
        LoopFunction.write(
            name, arguments, condition.nodes().nodes(), condition.results(), condition.effects()));
    return name;
  }
}

package dev.belay.graph.imported.loop;

import dev.belay.graph.imported.rewrite.NodeGraph;
import dev.belay.graph.imported.rewrite.Nodes;
import dev.belay.graph.imported.rewrite.TensorName;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tensorflow.GraphOperation;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.NodeDef;

/**
 * Loop that runs the gradients of a loop's iterations, last first. Its variables are the number of
 * iterations left, the gradients, the arrays of saved tensors, and what no iteration changes.
 */
final class BackwardLoop {
  /** Ops that cost less to compute again than to save. */
  private static final Set<String> CHEAP =
      Set.of(
          "Const",
          "Identity",
          "StopGradient",
          "Shape",
          "Size",
          "Rank",
          "TensorListLength",
          "Reshape",
          "ExpandDims",
          "StridedSlice",
          "Pack",
          "Cast",
          "Range");

  private final LoopFunction body;
  private final IterationGradient gradient;
  private final Map<String, Saved> saved = new LinkedHashMap<>();
  private final Map<String, Integer> invariants = new LinkedHashMap<>();
  private final Map<String, NodeDef> nodes = new LinkedHashMap<>();
  private final Map<String, Boolean> fixed = new HashMap<>();
  private String bodyName;
  private String conditionName;
  private final List<DataType> types = new ArrayList<>();

  /**
   * A tensor of an iteration that the gradient reads.
   *
   * @param list name of its array in the functions
   */
  record Saved(String tensor, DataType type, String list) {}

  private BackwardLoop(LoopFunction body, IterationGradient gradient) {
    this.body = body;
    this.gradient = gradient;
  }

  /** Writes its functions into a graph's library. */
  static BackwardLoop write(NodeGraph graph, LoopFunction body, IterationGradient gradient)
      throws LoopObstacle {
    BackwardLoop loop = new BackwardLoop(body, gradient);
    loop.collect();
    loop.write(graph);
    return loop;
  }

  List<Saved> saved() {
    return List.copyOf(saved.values());
  }

  /** Indices of the loop's variables that the gradient reads and no iteration changes. */
  List<Integer> invariants() {
    return List.copyOf(invariants.values());
  }

  /** Collects the nodes of the gradient, up to what is saved. */
  private void collect() throws LoopObstacle {
    Deque<String> open = new ArrayDeque<>(gradient.gradients());
    Set<String> incoming =
        Set.copyOf(gradient.incoming().stream().map(LoopFunction.Argument::name).toList());
    while (!open.isEmpty()) {
      String tensor = open.remove();
      String name = TensorName.node(tensor);
      NodeDef node = gradient.node(tensor);
      if (nodes.containsKey(name) || incoming.contains(name)) {
        continue;
      }
      int argument = body.arguments().indexOf(name);
      if (argument >= 0 && body.isInvariant(argument)) {
        invariants.put(name, argument);
      } else if (!gradient.isOfIteration(tensor) || isFixed(name)) {
        nodes.put(name, node);
        open.addAll(Nodes.dataInputs(node));
      } else {
        save(tensor);
      }
    }
  }

  /** Returns whether a node of the iteration gives the same in each, at little cost. */
  private boolean isFixed(String name) {
    Boolean known = fixed.get(name);
    if (known == null) {
      NodeDef node = gradient.node(name);
      int argument = body.arguments().indexOf(name);
      known =
          argument >= 0
              ? body.isInvariant(argument)
              : CHEAP.contains(node.getOp())
                  && Nodes.dataInputs(node).stream().map(TensorName::node).allMatch(this::isFixed);
      fixed.put(name, known);
    }
    return known;
  }

  private void save(String tensor) throws LoopObstacle {
    String key = TensorName.of(TensorName.node(tensor), TensorName.index(tensor));
    DataType type = OpOutputs.of(gradient.node(key)).get(TensorName.index(key)).type();
    if (type == DataType.DT_RESOURCE) {
      throw new LoopObstacle("its gradient reads a variable that the loop changes");
    }
    saved.computeIfAbsent(key, k -> new Saved(k, type, "belay_saved_" + saved.size()));
  }

  private void write(NodeGraph graph) {
    List<LoopFunction.Argument> arguments = new ArrayList<>();
    arguments.add(new LoopFunction.Argument("belay_left", DataType.DT_INT32));
    arguments.addAll(gradient.incoming());
    saved()
        .forEach(one -> arguments.add(new LoopFunction.Argument(one.list(), DataType.DT_VARIANT)));
    invariants
        .keySet()
        .forEach(
            name ->
                arguments.add(
                    new LoopFunction.Argument(name, Nodes.type(gradient.node(name), "dtype"))));
    arguments.forEach(argument -> types.add(argument.type()));
    List<NodeDef> written = new ArrayList<>();
    written.add(Nodes.constant("belay_left/one", 1));
    written.add(
        Nodes.node("belay_left/next", "Sub", "belay_left", "belay_left/one")
            .putAttr("T", Nodes.type(DataType.DT_INT32))
            .build());
    written.add(Nodes.constant("belay_saved/any", -1));
    for (Saved one : saved()) {
      written.add(
          Nodes.node(one.list() + "/pop", "TensorListPopBack", one.list(), "belay_saved/any")
              .putAttr("element_dtype", Nodes.type(one.type()))
              .build());
    }
    nodes.values().forEach(node -> written.add(reading(node)));
    List<String> results = new ArrayList<>();
    results.add("belay_left/next");
    gradient.gradients().forEach(tensor -> results.add(read(tensor)));
    saved().forEach(one -> results.add(one.list() + "/pop"));
    results.addAll(invariants.keySet());
    bodyName = graph.freshFunction(body.name() + "_backward");
    graph.putFunction(LoopFunction.write(bodyName, arguments, written, results, List.of()));
    conditionName = graph.freshFunction(body.name() + "_left");
    graph.putFunction(
        LoopFunction.write(
            conditionName,
            arguments,
            List.of(
                Nodes.constant("belay_left/none", 0),
                Nodes.node("belay_left/any", "Greater", "belay_left", "belay_left/none")
                    .putAttr("T", Nodes.type(DataType.DT_INT32))
                    .build()),
            List.of("belay_left/any"),
            List.of()));
  }

  /** A node whose inputs that were saved come from their arrays. */
  private NodeDef reading(NodeDef node) {
    NodeDef.Builder reading = node.toBuilder().clearInput();
    Nodes.dataInputs(node).forEach(input -> reading.addInput(read(input)));
    return reading.build();
  }

  private String read(String tensor) {
    Saved one = saved.get(TensorName.of(TensorName.node(tensor), TensorName.index(tensor)));
    return one == null ? tensor : TensorName.of(one.list() + "/pop", 1);
  }

  /** Adds the loop to a graph. */
  List<Output<?>> add(Ops tf, List<Output<?>> incoming, GapCut.Tensors tensors) {
    List<Output<?>> inputs = new ArrayList<>();
    inputs.add(tensors.captures().get(0));
    for (int i = 0; i < incoming.size(); i++) {
      Output<?> given = incoming.get(i);
      inputs.add(given == null ? tf.zerosLike(tensors.results().get(i)).asOutput() : given);
    }
    inputs.addAll(tensors.captures().subList(1, tensors.captures().size()));
    GraphOperation loop =
        (GraphOperation)
            tf.scope()
                .opBuilder("StatelessWhile", "loop_gradient")
                .addInputList(inputs.toArray(new Output<?>[0]))
                .setAttr("T", types.toArray(new DataType[0]))
                .setAttr(Loops.LOWERED, true)
                .setAttr("cond", Loops.function(conditionName))
                .setAttr("body", Loops.function(bodyName))
                .build();
    List<Output<?>> gradients = new ArrayList<>();
    for (int i = 0; i < incoming.size(); i++) {
      gradients.add(loop.output(1 + i));
    }
    return gradients;
  }
}

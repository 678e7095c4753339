package dev.belay.savedmodel.export;

import dev.belay.savedmodel.model.FlatGraph.FlatTensor;
import dev.belay.savedmodel.model.op.Attributes;
import dev.belay.savedmodel.model.op.Nodes;
import dev.belay.savedmodel.model.op.TensorName;
import dev.belay.savedmodel.tensor.Shapes;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.FunctionDef;
import org.tensorflow.proto.framework.NodeDef;
import org.tensorflow.proto.framework.OpDef;

/** Turns a part of a flat graph into a function of the library. */
final class FunctionWriter {

  private final NodeIndex nodes;
  private final Map<String, Capture> captures;

  /**
   * @param nodes the flat graph
   * @param captures by node, in the order in which functions take them
   */
  FunctionWriter(NodeIndex nodes, Map<String, Capture> captures) {
    this.nodes = nodes;
    this.captures = captures;
  }

  /**
   * A function and what it needs besides its inputs.
   *
   * @param definition takes the inputs, then the captures
   * @param captures in the order of its last arguments
   */
  record Written(FunctionDef definition, List<Capture> captures) {
    String name() {
      return definition.getSignature().getName();
    }
  }

  /**
   * Writes a function.
   *
   * @param inputs the Placeholders that become its first arguments
   * @param outputs what it returns; a tensor of a Placeholder is returned as it is
   * @param updates nodes that run with each call though no output needs them
   * @throws IllegalArgumentException if it needs a Placeholder that is no input: all are named
   */
  Written write(
      String name, List<FlatTensor> inputs, List<FlatTensor> outputs, Collection<String> updates) {
    Set<String> inputNodes = new HashSet<>();
    inputs.forEach(input -> inputNodes.add(TensorName.parse(input.tensor()).node()));
    Set<String> roots = new HashSet<>(updates);
    outputs.forEach(output -> roots.add(TensorName.parse(output.tensor()).node()));
    Set<String> borders = new HashSet<>(inputNodes);
    borders.addAll(captures.keySet());
    Set<String> body = new LinkedHashSet<>(nodes.needed(roots, borders));
    List<Capture> captured =
        captures.values().stream().filter(capture -> body.contains(capture.flatNode())).toList();
    body.removeAll(borders);
    requireNoPlaceholder(name, body);
    UniqueNames names = new UniqueNames();
    body.forEach(names::take);
    FunctionDef.Builder function = FunctionDef.newBuilder();
    function.getSignatureBuilder().setName(name);
    Map<String, String> arguments = new HashMap<>();
    for (FlatTensor input : inputs) {
      addInput(function, input, names, arguments);
    }
    for (Capture capture : captured) {
      String argument = names.argument(capture.mainNode());
      addArgument(function, capture.argument(argument), "", Shape.scalar());
      arguments.put(capture.flatNode(), argument);
    }
    for (String node : body) {
      function.addNodeDef(bodyNode(nodes.node(node), arguments));
    }
    for (FlatTensor output : outputs) {
      String result = names.argument("output_" + output.name());
      function
          .getSignatureBuilder()
          .addOutputArg(OpDef.ArgDef.newBuilder().setName(result).setType(output.dtype()));
      function.putRet(result, inBody(TensorName.parse(output.tensor()), arguments));
    }
    return new Written(withEffects(function, body).build(), captured);
  }

  private void addInput(
      FunctionDef.Builder function,
      FlatTensor input,
      UniqueNames names,
      Map<String, String> arguments) {
    String node = TensorName.parse(input.tensor()).node();
    String argument = names.argument(input.name());
    if (!nodes.node(node).getOp().startsWith("Placeholder")
        || arguments.put(node, argument) != null) {
      throw new IllegalArgumentException(
          "input '" + input.name() + "': node '" + node + "' is no Placeholder of its own");
    }
    OpDef.ArgDef definition =
        OpDef.ArgDef.newBuilder().setName(argument).setType(input.dtype()).build();
    addArgument(function, definition, input.name(), input.shape());
  }

  private static void addArgument(
      FunctionDef.Builder function, OpDef.ArgDef definition, String userName, Shape shape) {
    int index = function.getSignature().getInputArgCount();
    function.getSignatureBuilder().addInputArg(definition);
    FunctionDef.ArgAttrs.Builder attributes = FunctionDef.ArgAttrs.newBuilder();
    attributes.putAttr(
        Attributes.OUTPUT_SHAPES,
        AttrValue.newBuilder()
            .setList(AttrValue.ListValue.newBuilder().addShape(Shapes.toProto(shape)))
            .build());
    if (!userName.isEmpty()) {
      attributes.putAttr("_user_specified_name", Attributes.string(userName));
    }
    function.putArgAttr(index, attributes.build());
  }

  /**
   * An op that changes state must run even if no output needs it, so it becomes a control output.
   */
  private FunctionDef.Builder withEffects(FunctionDef.Builder function, Set<String> body) {
    boolean stateful = false;
    for (String node : body) {
      if (nodes.definition(nodes.node(node)).getIsStateful()) {
        stateful = true;
        function.putControlRet(node, node);
        function.getSignatureBuilder().addControlOutput(node);
      }
    }
    function.getSignatureBuilder().setIsStateful(stateful);
    return function;
  }

  private NodeDef bodyNode(NodeDef node, Map<String, String> arguments) {
    NodeDef.Builder copy = Nodes.node(node.getName(), node.getOp());
    node.getAttrMap()
        .forEach(
            (name, value) -> {
              if (!name.startsWith("_") || name.equals(Attributes.GRADIENT)) {
                copy.putAttr(name, value);
              }
            });
    List<String> waits = new ArrayList<>();
    for (String input : node.getInputList()) {
      TensorName tensor = TensorName.parse(input);
      if (!tensor.control()) {
        copy.addInput(inBody(tensor, arguments));
      } else if (!arguments.containsKey(tensor.node())) {
        // An argument exists before the body runs: nothing to wait for.
        waits.add(input);
      }
    }
    return copy.addAllInput(waits).build();
  }

  private String inBody(TensorName tensor, Map<String, String> arguments) {
    String argument = arguments.get(tensor.node());
    return argument != null ? argument : nodes.inFunction(tensor);
  }

  private void requireNoPlaceholder(String function, Set<String> body) {
    List<String> missing =
        body.stream().filter(node -> nodes.node(node).getOp().equals("Placeholder")).toList();
    if (!missing.isEmpty()) {
      throw new IllegalArgumentException(
          function + " needs what is none of its inputs: " + String.join(", ", missing));
    }
  }
}

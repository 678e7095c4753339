package dev.belay.graph.imported.loop;

import dev.belay.graph.imported.rewrite.NodeGraph;
import dev.belay.graph.imported.rewrite.Nodes;
import dev.belay.graph.imported.rewrite.TensorName;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.FunctionDef;
import org.tensorflow.proto.framework.GraphDef;
import org.tensorflow.proto.framework.NodeDef;
import org.tensorflow.proto.framework.OpDef;
import org.tensorflow.proto.framework.TensorShapeProto;

/**
 * Condition or body of a loop as a graph, whose placeholders are the function's arguments.
 *
 * @param name in the library
 * @param nodes its nodes, with the library of the graph around it
 * @param arguments names of the placeholders
 * @param results tensors that it returns
 * @param effects nodes that it runs for their side effects
 */
public record LoopFunction(
    String name,
    NodeGraph nodes,
    List<String> arguments,
    List<String> results,
    List<String> effects) {

  /**
   * Reads a function of a graph's library.
   *
   * @param shapes of its arguments
   */
  static LoopFunction of(NodeGraph graph, String name, List<TensorShapeProto> shapes) {
    FunctionDef function =
        graph
            .function(name)
            .orElseThrow(
                () -> new IllegalArgumentException("The model's library has no function " + name));
    GraphDef.Builder body = graph.toGraphDef().toBuilder().clearNode();
    Map<String, String> tensors = new HashMap<>();
    List<String> arguments = new ArrayList<>();
    for (OpDef.ArgDef argument : function.getSignature().getInputArgList()) {
      AttrValue.Builder shape = AttrValue.newBuilder().setShape(shapes.get(arguments.size()));
      body.addNode(
          Nodes.node(argument.getName(), "Placeholder")
              .putAttr("dtype", Nodes.type(argument.getType()))
              .putAttr("shape", shape.build()));
      tensors.put(argument.getName(), argument.getName());
      arguments.add(argument.getName());
    }
    for (NodeDef node : function.getNodeDefList()) {
      OpOutputs.of(node).forEach(output -> tensors.put(output.inFunction(), output.tensor()));
    }
    for (NodeDef node : function.getNodeDefList()) {
      NodeDef.Builder read = node.toBuilder().clearInput();
      for (String input : node.getInputList()) {
        read.addInput(TensorName.isControl(input) ? input : tensors.get(input));
      }
      body.addNode(read);
    }
    List<String> results =
        function.getSignature().getOutputArgList().stream()
            .map(output -> tensors.get(function.getRetOrThrow(output.getName())))
            .toList();
    return new LoopFunction(
        name,
        new NodeGraph(body.build()),
        arguments,
        results,
        List.copyOf(function.getControlRetMap().values()));
  }

  /** Unknown shapes of some arguments. */
  static List<TensorShapeProto> unknownShapes(int arguments) {
    return Collections.nCopies(arguments, Loops.UNKNOWN);
  }

  /** Returns whether the library has a function whose body consists of ops of TensorFlow. */
  static boolean isReadable(NodeGraph graph, String name) {
    return graph
        .function(name)
        .filter(function -> function.getNodeDefList().stream().allMatch(OpOutputs::knows))
        .isPresent();
  }

  /** Everything that it returns or runs. */
  public List<String> roots() {
    return Stream.of(arguments, results, effects)
        .flatMap(List::stream)
        .map(nodes::current)
        .toList();
  }

  /** The result of that index, behind Identity nodes. */
  String result(int index) {
    return nodes.behindIdentity(results.get(index));
  }

  /** Returns whether an iteration passes an argument on as it is. */
  boolean isInvariant(int index) {
    return result(index).equals(arguments.get(index));
  }

  /** An argument of a function that is written. */
  public record Argument(String name, DataType type) {}

  /**
   * Writes a function.
   *
   * @param arguments in order; nodes of these names are left out
   * @param results tensors as a graph names them
   * @param effects nodes that run although no result needs them
   */
  public static FunctionDef write(
      String name,
      List<Argument> arguments,
      Collection<NodeDef> body,
      List<String> results,
      List<String> effects) {
    Map<String, OpOutputs.OpOutput> tensors = new HashMap<>();
    OpDef.Builder signature = OpDef.newBuilder().setName(name);
    for (Argument argument : arguments) {
      tensors.put(
          argument.name(),
          new OpOutputs.OpOutput(argument.name(), argument.name(), argument.type()));
      signature.addInputArg(
          OpDef.ArgDef.newBuilder().setName(argument.name()).setType(argument.type()));
    }
    List<NodeDef> kept =
        body.stream().filter(node -> !tensors.containsKey(node.getName())).toList();
    List<String> names = arguments.stream().map(Argument::name).toList();
    for (NodeDef node : kept) {
      OpOutputs.of(node).forEach(output -> tensors.put(output.tensor(), output));
      signature.setIsStateful(signature.getIsStateful() || OpOutputs.isStateful(node));
    }
    FunctionDef.Builder function = FunctionDef.newBuilder();
    for (NodeDef node : kept) {
      NodeDef.Builder written = node.toBuilder().clearInput();
      for (String input : node.getInputList()) {
        if (!TensorName.isControl(input)) {
          written.addInput(tensors.get(canonical(input)).inFunction());
        } else if (!names.contains(TensorName.node(input))) {
          written.addInput(input);
        }
      }
      function.addNodeDef(written);
    }
    for (int i = 0; i < results.size(); i++) {
      OpOutputs.OpOutput tensor = tensors.get(canonical(results.get(i)));
      signature.addOutputArg(
          OpDef.ArgDef.newBuilder().setName("result_" + i).setType(tensor.type()));
      function.putRet("result_" + i, tensor.inFunction());
    }
    for (int i = 0; i < effects.size(); i++) {
      signature.addControlOutput("effect_" + i);
      function.putControlRet("effect_" + i, effects.get(i));
    }
    return function.setSignature(signature).build();
  }

  private static String canonical(String tensor) {
    return TensorName.of(TensorName.node(tensor), TensorName.index(tensor));
  }
}

package dev.belay.savedmodel.model.inline;

import dev.belay.savedmodel.UnsupportedModelException;
import dev.belay.savedmodel.model.SavedModelContents;
import dev.belay.savedmodel.model.op.Attributes;
import dev.belay.savedmodel.model.op.Nodes;
import dev.belay.savedmodel.model.op.OpArguments;
import dev.belay.savedmodel.model.op.OpCatalogue;
import dev.belay.savedmodel.model.op.Reachable;
import dev.belay.savedmodel.model.op.TensorName;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.FunctionDef;
import org.tensorflow.proto.framework.NameAttrList;
import org.tensorflow.proto.framework.NodeDef;
import org.tensorflow.proto.framework.OpDef;

/**
 * Conditions and bodies of the loops that a flat graph keeps, and the branches of its conditionals,
 * each expanded into one function without calls, so that module {@code graph} can differentiate it.
 */
final class LoopFunctions {
  private static final String PREFIX = "body";

  private final SavedModelContents contents;
  private final InlineOptions options;
  private final Map<String, FunctionDef> flat = new LinkedHashMap<>();

  LoopFunctions(SavedModelContents contents, InlineOptions options) {
    this.contents = contents;
    this.options = options;
  }

  /** These functions besides others. */
  Map<String, FunctionDef> with(Map<String, FunctionDef> others) {
    Map<String, FunctionDef> all = new LinkedHashMap<>(others);
    all.putAll(flat);
    return all;
  }

  /**
   * The loop or conditional with expanded functions; unchanged if one of them cannot be expanded
   * separately.
   */
  NodeDef expanded(NodeDef node, CallSite call) throws IOException {
    NodeDef.Builder expanded = node.toBuilder();
    try {
      for (Map.Entry<String, AttrValue> attribute : node.getAttrMap().entrySet()) {
        AttrValue value = call.scope().attribute(attribute.getValue());
        if (value.getValueCase() == AttrValue.ValueCase.FUNC) {
          expanded.putAttr(
              attribute.getKey(), Attributes.function(expanded(value.getFunc(), call)));
        } else if (value.getList().getFuncCount() > 0) {
          AttrValue.ListValue.Builder functions = value.getList().toBuilder().clearFunc();
          for (NameAttrList function : value.getList().getFuncList()) {
            functions.addFunc(NameAttrList.newBuilder().setName(expanded(function, call)));
          }
          expanded.putAttr(attribute.getKey(), AttrValue.newBuilder().setList(functions).build());
        }
      }
    } catch (UnsupportedModelException | IllegalArgumentException e) {
      return node;
    }
    return expanded.build();
  }

  private String expanded(NameAttrList function, CallSite call) throws IOException {
    Map<String, AttrValue> attributes = new LinkedHashMap<>();
    function
        .getAttrMap()
        .forEach((name, value) -> attributes.put(name, call.scope().attribute(value)));
    String name = function.getName() + "_flat";
    for (int i = 1; isTaken(name, attributes); i++) {
      name = function.getName() + "_flat_" + i;
    }
    if (!flat.containsKey(name)) {
      FunctionDef original = contents.functions().get(function.getName());
      Body body = new Body(original, attributes);
      flat.put(name, body.expand(name, call.scope().training()));
    }
    return name;
  }

  /** A function with attributes may expand to something else in each call. */
  private boolean isTaken(String name, Map<String, AttrValue> attributes) {
    return contents.functions().containsKey(name)
        || (flat.containsKey(name) && !attributes.isEmpty());
  }

  /** One function in a graph without anything else. */
  private final class Body {
    private final FunctionDef original;
    private final Map<String, AttrValue> attributes;
    private final GrowingGraph nodes = new GrowingGraph(contents.file(), options.mostNodes());
    private final Expansion expansion = new Expansion(contents, nodes, options, LoopFunctions.this);
    private final OpDef.Builder signature = OpDef.newBuilder();

    /** Names of tensors in a function, by their names in a graph. */
    private final Map<String, String> names = new LinkedHashMap<>();

    Body(FunctionDef original, Map<String, AttrValue> attributes) {
      this.original = original;
      this.attributes = attributes;
    }

    FunctionDef expand(String name, Optional<Boolean> training) throws IOException {
      List<String> arguments = arguments();
      Scope scope = Scope.ofGraph(PREFIX, training);
      ExpandedOutputs result =
          expansion.call(new CallSite(scope, PREFIX, arguments, List.of()), original, attributes);
      FunctionDef.Builder function = FunctionDef.newBuilder();
      List<String> roots = new ArrayList<>(result.tensors());
      if (result.control() != null) {
        roots.add(result.control());
        signature.addControlOutput("done");
        function.putControlRet("done", result.control());
      }
      Set<String> needed =
          Reachable.from(
              roots.stream().map(TensorName::nodeOf).toList(),
              node -> Nodes.inputs(nodes.node(node)));
      for (NodeDef node : nodes.nodes().values()) {
        if (needed.contains(node.getName()) && !arguments.contains(node.getName())) {
          nameOutputs(node);
        }
      }
      for (NodeDef node : nodes.nodes().values()) {
        if (needed.contains(node.getName()) && !arguments.contains(node.getName())) {
          function.addNodeDef(inFunction(node, arguments));
        }
      }
      List<DataType> types = OpArguments.outputs(original.getSignature(), attributes).types();
      for (int i = 0; i < types.size(); i++) {
        String output = "result_" + i;
        signature.addOutputArg(OpDef.ArgDef.newBuilder().setName(output).setType(types.get(i)));
        function.putRet(output, named(result.tensors().get(i)));
      }
      return function
          .setSignature(
              signature.setName(name).setIsStateful(original.getSignature().getIsStateful()))
          .build();
    }

    private List<String> arguments() throws IOException {
      List<String> arguments = new ArrayList<>();
      for (DataType type : OpArguments.inputs(original.getSignature(), attributes).types()) {
        String name = "argument_" + arguments.size();
        nodes.add(
            Nodes.node(nodes.reserve(name), "Placeholder")
                .putAttr("dtype", Attributes.type(type))
                .build());
        signature.addInputArg(OpDef.ArgDef.newBuilder().setName(name).setType(type));
        names.put(name, name);
        arguments.add(name);
      }
      return arguments;
    }

    private String named(String tensor) throws UnsupportedModelException {
      String name = names.get(tensor);
      if (name == null) {
        throw new UnsupportedModelException(
            contents.file(),
            "function '" + original.getSignature().getName() + "'",
            "it has no tensor '" + tensor + "'");
      }
      return name;
    }

    private void nameOutputs(NodeDef node) {
      OpDef definition = OpCatalogue.get().find(node.getOp()).orElseThrow();
      int index = 0;
      for (OpArguments.Argument argument :
          OpArguments.outputs(definition, node.getAttrMap()).arguments()) {
        for (int i = 0; i < argument.types().size(); i++) {
          names.put(
              TensorName.of(node.getName(), index++),
              node.getName() + ":" + argument.name() + ":" + i);
        }
      }
    }

    private NodeDef inFunction(NodeDef node, List<String> arguments)
        throws UnsupportedModelException {
      NodeDef.Builder named = node.toBuilder().clearInput();
      for (String input : node.getInputList()) {
        if (!TensorName.isControl(input)) {
          named.addInput(named(input));
        } else if (!arguments.contains(TensorName.nodeOf(input))) {
          named.addInput(input);
        }
      }
      expansion
          .gradients()
          .markOf(node.getName())
          .ifPresent(mark -> named.putAttr(Attributes.GRADIENT, Attributes.string(mark)));
      return named.build();
    }
  }
}

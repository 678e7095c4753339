package dev.belay.savedmodel.model.inline;

import dev.belay.savedmodel.model.SavedModelContents;
import dev.belay.savedmodel.model.op.Attributes;
import dev.belay.savedmodel.model.op.Nodes;
import dev.belay.savedmodel.model.op.OpArguments;
import dev.belay.savedmodel.model.op.OpCatalogue;
import dev.belay.savedmodel.model.op.TensorName;
import dev.belay.savedmodel.model.op.TopologicalOrder;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.FunctionDef;
import org.tensorflow.proto.framework.NameAttrList;
import org.tensorflow.proto.framework.NodeDef;
import org.tensorflow.proto.framework.OpDef;

/**
 * Copies the nodes of function bodies into the flat graph and expands calls in place.
 *
 * <p>Control inputs of a call become control inputs of the body's nodes without other inputs,
 * through a NoOp {@code _in}. Nodes that wait for a call wait for a NoOp {@code _out}, which waits
 * for all side effects of the body. So the order of side effects is that of the original.
 */
final class Expansion {
  private final SavedModelContents contents;
  private final GrowingGraph nodes;
  private final Branches branches;
  private final LoopUnroller loops;
  private final SwitchMergeResolver liveSides;
  private final StateNodes state;
  private final CustomGradients gradients;
  private final LoopFunctions loopFunctions;

  Expansion(SavedModelContents contents, GrowingGraph nodes, InlineOptions options) {
    this(contents, nodes, options, new LoopFunctions(contents, options));
  }

  Expansion(
      SavedModelContents contents,
      GrowingGraph nodes,
      InlineOptions options,
      LoopFunctions loopFunctions) {
    this.contents = contents;
    this.nodes = nodes;
    this.branches = new Branches(this);
    this.loops = new LoopUnroller(this, options);
    this.liveSides = new SwitchMergeResolver(nodes);
    this.state = new StateNodes(contents, nodes);
    this.gradients = new CustomGradients(contents);
    this.loopFunctions = loopFunctions;
  }

  GrowingGraph nodes() {
    return nodes;
  }

  CustomGradients gradients() {
    return gradients;
  }

  /** The functions of the loops that are kept. */
  LoopFunctions loopFunctions() {
    return loopFunctions;
  }

  StateNodes state() {
    return state;
  }

  FunctionDef function(String name) {
    return contents.functions().get(name);
  }

  /** Expands a function that a node names, with the node's inputs as its arguments. */
  ExpandedOutputs call(CallSite call, NameAttrList function) throws IOException {
    Map<String, AttrValue> attributes = new LinkedHashMap<>();
    function
        .getAttrMap()
        .forEach((name, value) -> attributes.put(name, call.scope().attribute(value)));
    return call(call, function(function.getName()), attributes);
  }

  /**
   * Expands a function.
   *
   * @param call the calling body, its arguments and control inputs, and the prefix of its nodes
   */
  ExpandedOutputs call(CallSite call, FunctionDef function, Map<String, AttrValue> attributes)
      throws IOException {
    OpDef signature = function.getSignature();
    Map<String, List<String>> arguments = new LinkedHashMap<>();
    int next = 0;
    for (OpArguments.Argument argument : OpArguments.inputs(signature, attributes).arguments()) {
      int end = next + argument.types().size();
      arguments.put(argument.name(), call.data().subList(next, end));
      next = end;
    }
    Scope scope = call.scope().ofCall(function, call.name(), attributes, arguments);
    String in = null;
    if (!call.controls().isEmpty()) {
      in = waitFor(call.name() + "/_in", call.controls());
    }
    expand(scope, function.getNodeDefList(), in);
    Map<String, List<String>> outputs = new LinkedHashMap<>();
    for (OpDef.ArgDef output : signature.getOutputArgList()) {
      String tensor = scope.tensor(function.getRetOrThrow(output.getName()));
      outputs.computeIfAbsent(output.getName(), k -> new ArrayList<>()).add(tensor);
    }
    return new ExpandedOutputs(outputs, out(scope, function, in));
  }

  /** The node to wait for until the whole call has run; null if there is nothing to wait for. */
  private String out(Scope scope, FunctionDef function, String in) throws IOException {
    Set<String> done = new LinkedHashSet<>();
    for (String node : new LinkedHashSet<>(function.getControlRetMap().values())) {
      ExpandedOutputs value = scope.value(node).orElseThrow();
      if (value.control() != null && !value.isDead()) {
        done.add("^" + value.control());
      }
    }
    if (in != null) {
      done.add("^" + in);
    }
    return done.isEmpty() ? null : waitFor(scope.nameOf("_out"), done);
  }

  String waitFor(String name, Collection<String> controls) throws IOException {
    return nodes.add(Nodes.node(nodes.reserve(name), "NoOp").addAllInput(controls).build());
  }

  /**
   * Expands nodes of a body, in an order in which inputs come first.
   *
   * @param in the node that nodes without other inputs wait for, or null
   */
  void expand(Scope scope, Collection<NodeDef> body, String in) throws IOException {
    Set<String> names = new LinkedHashSet<>();
    for (NodeDef node : body) {
      names.add(node.getName());
      if (TopologicalOrder.isNextIteration(node)) {
        // The head of a loop precedes its end, but names it.
        String name = nodes.reserve(scope.nameOf(node.getName()));
        scope.put(node.getName(), ExpandedOutputs.of("output", List.of(name), name));
      }
    }
    for (NodeDef node : TopologicalOrder.of(body)) {
      scope.put(node.getName(), expand(scope, node, names, in));
    }
  }

  private ExpandedOutputs expand(Scope scope, NodeDef node, Set<String> body, String in)
      throws IOException {
    List<String> data = new ArrayList<>();
    Set<String> controls = new LinkedHashSet<>();
    boolean isRoot = true;
    for (String input : node.getInputList()) {
      isRoot &= !body.contains(TensorName.nodeOf(input));
      if (!TensorName.isControl(input)) {
        data.add(scope.tensor(input));
        continue;
      }
      Optional<ExpandedOutputs> awaited = scope.value(input.substring(1));
      if (awaited.isPresent() && awaited.get().isDead()) {
        return ExpandedOutputs.NEVER;
      }
      if (awaited.isPresent() && awaited.get().control() != null) {
        controls.add("^" + awaited.get().control());
      }
    }
    if (isRoot && in != null) {
      controls.add("^" + in);
    }
    if (data.contains(ExpandedOutputs.DEAD) && !SwitchMergeResolver.isMerge(node)) {
      return ExpandedOutputs.NEVER;
    }
    String name = scope.nameOf(node.getName());
    return expand(node, new CallSite(scope, name, data, List.copyOf(controls)));
  }

  private ExpandedOutputs expand(NodeDef node, CallSite call) throws IOException {
    switch (node.getOp()) {
      case "PartitionedCall", "StatefulPartitionedCall" -> {
        ExpandedOutputs result =
            call(call, call.scope().attribute(node.getAttrOrThrow("f")).getFunc());
        return ExpandedOutputs.of("output", result.tensors(), result.control());
      }
      case "If", "StatelessIf" -> {
        return branches.expandIf(node, call);
      }
      case "Case", "StatelessCase" -> {
        return branches.expandCase(node, call);
      }
      case "While", "StatelessWhile" -> {
        return loops.expand(node, call);
      }
      case "Switch", "RefSwitch", "Merge", "RefMerge" -> {
        Optional<ExpandedOutputs> resolved = liveSides.expand(node, call);
        return resolved.isPresent() ? resolved.get() : copy(node, call);
      }
      default -> {}
    }
    FunctionDef function = function(node.getOp());
    if (function != null) {
      return call(call, function, attributes(node, call.scope()));
    }
    Optional<ExpandedOutputs> handled = state.expand(node, call);
    return handled.isPresent() ? handled.get() : copy(node, call);
  }

  /**
   * Copies a node as it is, references to TF1 variables read, with the default attributes that
   * TensorFlow leaves out when it saves a graph.
   */
  ExpandedOutputs copy(NodeDef node, CallSite call) throws IOException {
    Map<String, AttrValue> attributes = attributes(node, call.scope());
    OpDef definition = OpCatalogue.get().find(node.getOp()).orElseThrow();
    for (OpDef.AttrDef attribute : definition.getAttrList()) {
      if (attribute.hasDefaultValue()) {
        attributes.putIfAbsent(attribute.getName(), attribute.getDefaultValue());
      }
    }
    if (node.getOp().equals("Enter") || node.getOp().equals("RefEnter")) {
      // Two loops of one name in one graph would be one loop to the runtime.
      String frame = attributes.get("frame_name").getS().toStringUtf8();
      attributes.put("frame_name", Attributes.string(call.scope().nameOf(frame)));
    }
    String name = reservedName(node, call);
    List<String> data = state.read(node, definition, call);
    nodes.add(
        Nodes.node(name, node.getOp())
            .addAllInput(data)
            .addAllInput(call.controls())
            .putAllAttr(withoutHints(attributes))
            .build());
    if (!node.getDevice().isEmpty()) {
      nodes.note("nodes freed from device " + node.getDevice());
    }
    gradients.remember(name, node, call.scope());
    return ExpandedOutputs.of(name, OpArguments.outputs(definition, attributes));
  }

  private String reservedName(NodeDef node, CallSite call) {
    return TopologicalOrder.isNextIteration(node)
        ? call.scope().value(node.getName()).orElseThrow().control()
        : nodes.reserve(call.name());
  }

  /** The attributes of a node, with those of the enclosing call substituted. */
  static Map<String, AttrValue> attributes(NodeDef node, Scope scope) {
    Map<String, AttrValue> attributes = new LinkedHashMap<>();
    node.getAttrMap().forEach((name, value) -> attributes.put(name, scope.attribute(value)));
    return attributes;
  }

  /**
   * Attributes that begin with "_" are hints to the runtime that built the graph; some name nodes
   * that no longer exist.
   */
  static Map<String, AttrValue> withoutHints(Map<String, AttrValue> attributes) {
    Map<String, AttrValue> kept = new LinkedHashMap<>(attributes);
    kept.keySet().removeIf(name -> name.startsWith("_"));
    return kept;
  }
}

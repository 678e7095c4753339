package dev.belay.savedmodel.model.check;

import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.model.op.OpArguments;
import dev.belay.savedmodel.model.op.TensorName;
import dev.belay.savedmodel.model.op.TopologicalOrder;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.NodeDef;
import org.tensorflow.proto.framework.OpDef;

/** Validates the nodes of a graph or, with {@link FunctionCheck}, those of a function. */
class BodyCheck {
  /** A node of a validated body, with its inputs and outputs. */
  record Checked(NodeDef node, OpArguments inputs, OpArguments outputs) {}

  final Path file;
  final String place;
  final Ops ops;
  final Map<String, Checked> nodes = new LinkedHashMap<>();
  private final List<NodeDef> definitions;

  /**
   * @param place prefix of a node's name in messages
   */
  BodyCheck(Path file, String place, List<NodeDef> definitions, Ops ops) {
    this.file = file;
    this.place = place;
    this.definitions = definitions;
    this.ops = ops;
  }

  void check() throws CorruptModelException {
    for (NodeDef node : definitions) {
      addNode(node);
    }
    for (Checked checked : nodes.values()) {
      checkInputs(checked);
    }
    checkCycles();
  }

  private void addNode(NodeDef node) throws CorruptModelException {
    if (!Names.isNode(node.getName())) {
      throw refusal(node, "a name of letters, digits and _.-/>", Names.show(node.getName()));
    }
    if (nodes.containsKey(node.getName()) || isArgument(node.getName())) {
      throw refusal(node, "one node of that name", "two");
    }
    OpDef definition = ops.find(node.getOp()).orElse(null);
    if (definition == null) {
      throw refusal(
          node,
          "an op of TensorFlow 2.10.1 or a function of the graph",
          "the unknown op " + Names.show(node.getOp()) + OpLibraries.of(node.getOp()));
    }
    try {
      AttributeCheck.check(definition, node, isFunction());
      CallCheck.check(node, ops);
      OpArguments inputs = OpArguments.inputs(definition, node.getAttrMap());
      OpArguments outputs = OpArguments.outputs(definition, node.getAttrMap());
      nodes.put(node.getName(), new Checked(node, inputs, outputs));
    } catch (IllegalArgumentException e) {
      throw refusal(node, "attributes and calls as " + node.getOp() + " has them", e.getMessage());
    }
  }

  private void checkInputs(Checked checked) throws CorruptModelException {
    NodeDef node = checked.node();
    List<DataType> wanted = checked.inputs().types();
    int data = 0;
    boolean controls = false;
    for (String input : node.getInputList()) {
      if (TensorName.isControl(input)) {
        controls = true;
        checkControl(node, input);
        continue;
      }
      if (controls) {
        throw refusal(node, "inputs before those that are waited for", "'" + input + "' after");
      }
      DataType given = typeOf(node, input);
      if (data < wanted.size() && !fits(wanted.get(data), given)) {
        throw refusal(
            node, "input " + data + " of type " + wanted.get(data), "'" + input + "' of " + given);
      }
      data++;
    }
    if (data != wanted.size()) {
      throw refusal(node, wanted.size() + " inputs for " + node.getOp(), data + " inputs");
    }
  }

  private void checkControl(NodeDef node, String input) throws CorruptModelException {
    String awaited = input.substring(1);
    if (!nodes.containsKey(awaited) && !isArgument(awaited)) {
      throw refusal(node, "inputs that exist", Names.show(input));
    }
  }

  /** The type of a tensor by the name that inputs use, {@code DT_INVALID} if it is not known. */
  DataType typeOf(NodeDef node, String input) throws CorruptModelException {
    TensorName tensor;
    try {
      tensor = TensorName.parse(input);
    } catch (IllegalArgumentException e) {
      throw refusal(node, "inputs such as 'node' or 'node:1'", Names.show(input));
    }
    Checked source = nodes.get(tensor.node());
    if (source == null || tensor.index() >= source.outputs().tensors()) {
      throw refusal(node, "inputs that exist", Names.show(input));
    }
    return source.outputs().types().get(tensor.index());
  }

  /** Returns whether there is an argument of that name; a graph has none. */
  boolean isArgument(String name) {
    return false;
  }

  /** Returns whether attributes may refer to those of an enclosing function. */
  boolean isFunction() {
    return false;
  }

  private static boolean fits(DataType wanted, DataType given) {
    return wanted == given || wanted == DataType.DT_INVALID || given == DataType.DT_INVALID;
  }

  /** A loop of a TF1 graph always goes through NextIteration. */
  private void checkCycles() throws CorruptModelException {
    List<NodeDef> order = TopologicalOrder.of(definitions);
    if (order.size() < definitions.size()) {
      Set<String> sound = new HashSet<>();
      order.forEach(node -> sound.add(node.getName()));
      String first =
          nodes.keySet().stream().filter(name -> !sound.contains(name)).findFirst().orElseThrow();
      throw refusal(
          nodes.get(first).node(),
          "a graph without cycles",
          "a cycle of " + (nodes.size() - order.size()) + " nodes or fewer without NextIteration");
    }
  }

  final CorruptModelException refusal(NodeDef node, String expected, String found) {
    return new CorruptModelException(
        file, place + "node " + Names.show(node.getName()), expected, found);
  }
}

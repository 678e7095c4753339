package dev.belay.savedmodel.model.inline;

import dev.belay.savedmodel.model.op.TensorName;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.FunctionDef;

/**
 * One expansion of a function body: maps its arguments and nodes to the flat graph.
 *
 * <p>The body is a function's or, without one, the main graph. Inputs are written differently in
 * the two: {@code node:output:1} in a function, {@code node:1} in a graph.
 */
final class Scope {

  /**
   * One call of a function body.
   *
   * @param parent the body that calls it; none for the main graph
   * @param function what is called; none for the main graph
   * @param prefix of its nodes in the flat graph
   * @param training value of a switch between training and serving; empty for its default
   */
  private record Frame(
      Optional<Scope> parent,
      Optional<FunctionDef> function,
      String prefix,
      Optional<Boolean> training) {}

  private final Frame frame;
  private final Map<String, AttrValue> attributes;
  private final Map<String, List<String>> arguments;
  private final Map<String, Values> values = new HashMap<>();

  private Scope(
      Frame frame, Map<String, AttrValue> attributes, Map<String, List<String>> arguments) {
    this.frame = frame;
    this.attributes = attributes;
    this.arguments = arguments;
  }

  /**
   * The main graph.
   *
   * @param training value of a switch between training and serving; empty for its default
   */
  static Scope ofGraph(String prefix, Optional<Boolean> training) {
    return new Scope(
        new Frame(Optional.empty(), Optional.empty(), prefix, training), Map.of(), Map.of());
  }

  /**
   * A call of a function from this body.
   *
   * @param attributes the call's, to which those of the body may refer
   * @param arguments tensors of the flat graph by argument
   */
  Scope ofCall(
      FunctionDef called,
      String name,
      Map<String, AttrValue> attributes,
      Map<String, List<String>> arguments) {
    return new Scope(
        new Frame(Optional.of(this), Optional.of(called), name, training()), attributes, arguments);
  }

  /** Returns whether this is the main graph. */
  boolean isGraph() {
    return frame.function().isEmpty();
  }

  /** The value of a switch between training and serving; empty for its default. */
  Optional<Boolean> training() {
    return frame.training();
  }

  /** The requested name of a node of this body in the flat graph. */
  String nameOf(String node) {
    return frame.prefix() + "/" + node;
  }

  /** An attribute's value, resolved if it refers to one of the call. */
  AttrValue attribute(AttrValue value) {
    if (value.getValueCase() != AttrValue.ValueCase.PLACEHOLDER) {
      return value;
    }
    AttrValue given = attributes.get(value.getPlaceholder());
    if (given == null) {
      throw new IllegalArgumentException(
          "no attribute '" + value.getPlaceholder() + "' in the call of " + frame.prefix());
    }
    return given;
  }

  void put(String node, Values value) {
    values.put(node, value);
  }

  /** The expansion of a node of this body, if it exists. */
  Optional<Values> value(String node) {
    return Optional.ofNullable(values.get(node));
  }

  /** The tensor of the flat graph for an input of this body. */
  String tensor(String input) {
    return isGraph() ? inGraph(input) : inFunction(input);
  }

  private String inFunction(String input) {
    String[] parts = input.split(":", -1);
    List<String> argument = arguments.get(parts[0]);
    if (argument != null) {
      return argument.get(parts.length > 1 ? TensorName.index(parts[1], 0) : 0);
    }
    Values value = require(parts[0]);
    if (value.isDead()) {
      return Values.DEAD;
    }
    return value.outputs().get(parts[1]).get(parts.length > 2 ? TensorName.index(parts[2], 0) : 0);
  }

  /** A tensor by its name in a graph and in Python: {@code node:1}. */
  private String inGraph(String input) {
    TensorName tensor = TensorName.parse(input);
    List<String> argument = arguments.get(tensor.node());
    if (argument != null) {
      return argument.get(tensor.index());
    }
    Values value = require(tensor.node());
    return value.isDead() ? Values.DEAD : value.tensors().get(tensor.index());
  }

  private Values require(String node) {
    Values value = values.get(node);
    if (value == null) {
      throw new IllegalStateException(
          "node '" + node + "' of " + frame.prefix() + " before its time");
    }
    return value;
  }

  /**
   * A tensor that a saved gradient captured from the function around its node.
   *
   * @param name as Python writes it: {@code node:1}
   * @param inFunction the function that holds the tensor
   */
  Optional<String> captured(String name, String inFunction) {
    Optional<Scope> scope = Optional.of(this);
    while (scope.isPresent()) {
      Scope candidate = scope.get();
      boolean same =
          candidate
              .frame
              .function()
              .map(f -> f.getSignature().getName())
              .orElse("")
              .equals(inFunction);
      String node = TensorName.nodeOf(name);
      if (same && (candidate.values.containsKey(node) || candidate.arguments.containsKey(node))) {
        String tensor = candidate.inGraph(name);
        return tensor.equals(Values.DEAD) ? Optional.empty() : Optional.of(tensor);
      }
      scope = candidate.frame.parent();
    }
    return Optional.empty();
  }
}

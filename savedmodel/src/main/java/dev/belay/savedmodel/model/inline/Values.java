package dev.belay.savedmodel.model.inline;

import dev.belay.savedmodel.model.op.OpArguments;
import dev.belay.savedmodel.model.op.TensorName;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Tensors of the flat graph that stand for a node of a function body.
 *
 * @param outputs its tensors under the names of the op's outputs
 * @param control the node of the flat graph to wait for, or null if there is nothing to wait for
 */
record Values(Map<String, List<String>> outputs, String control) {
  /** A tensor on the side of a branch that is never taken. */
  static final String DEAD = "!dead";

  /** Prefix of a variable's handle that replaces a reference to it. */
  static final String REFERENCE = "&";

  /** A node that never runs. */
  static final Values NEVER = new Values(Map.of(), DEAD);

  /** All tensors, in order. */
  List<String> tensors() {
    List<String> tensors = new ArrayList<>();
    outputs.values().forEach(tensors::addAll);
    return tensors;
  }

  /** Returns whether the node is never run. */
  boolean isDead() {
    return DEAD.equals(control);
  }

  static boolean isReference(String tensor) {
    return tensor.startsWith(REFERENCE);
  }

  /** A node with one output. */
  static Values of(String output, List<String> tensors, String control) {
    return new Values(Map.of(output, List.copyOf(tensors)), control);
  }

  /** A node copied unchanged to the flat graph. */
  static Values of(String node, OpArguments gives) {
    Map<String, List<String>> outputs = new LinkedHashMap<>();
    int index = 0;
    for (OpArguments.Argument argument : gives.arguments()) {
      List<String> tensors = new ArrayList<>();
      for (int i = 0; i < argument.types().size(); i++) {
        tensors.add(TensorName.of(node, index++));
      }
      outputs.put(argument.name(), tensors);
    }
    return new Values(Collections.unmodifiableMap(outputs), node);
  }
}

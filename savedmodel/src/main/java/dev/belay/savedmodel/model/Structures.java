package dev.belay.savedmodel.model;

import dev.belay.savedmodel.model.op.ConstantTensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.tensorflow.proto.framework.StructuredValue;
import org.tensorflow.proto.framework.TensorSpecProto;

/**
 * Flattens the structures of a function's arguments and results as tf.nest does: tuples and lists
 * in order, dictionaries by sorted key.
 */
final class Structures {

  /**
   * A leaf of a structure.
   *
   * @param path positions and keys that lead to it
   * @param value its value: a tensor, None, a plain value
   */
  record Leaf(List<String> path, StructuredValue value) {

    /** Returns whether it is a tensor of a known element type. */
    boolean isTensor() {
      return value.hasTensorSpecValue() || value.hasBoundedTensorSpecValue();
    }

    /** Returns whether it consists of several tensors, like a ragged or sparse one. */
    boolean isComposite() {
      return value.hasTypeSpecValue();
    }

    ModelFunction.Argument argument(String name) {
      TensorSpecProto spec = value.getTensorSpecValue();
      if (value.hasBoundedTensorSpecValue()) {
        return new ModelFunction.Argument(
            name,
            value.getBoundedTensorSpecValue().getDtype(),
            ConstantTensor.shape(value.getBoundedTensorSpecValue().getShape()));
      }
      return new ModelFunction.Argument(
          name, spec.getDtype(), ConstantTensor.shape(spec.getShape()));
    }

    /** The name in the specification, empty if none. */
    String specName() {
      return value.hasBoundedTensorSpecValue()
          ? value.getBoundedTensorSpecValue().getName()
          : value.getTensorSpecValue().getName();
    }
  }

  private Structures() {}

  static List<Leaf> leaves(StructuredValue value) {
    List<Leaf> leaves = new ArrayList<>();
    collect(value, List.of(), leaves);
    return leaves;
  }

  private static void collect(StructuredValue value, List<String> path, List<Leaf> leaves) {
    switch (value.getKindCase()) {
      case TUPLE_VALUE -> collect(value.getTupleValue().getValuesList(), path, leaves);
      case LIST_VALUE -> collect(value.getListValue().getValuesList(), path, leaves);
      case NAMED_TUPLE_VALUE ->
          value
              .getNamedTupleValue()
              .getValuesList()
              .forEach(pair -> collect(pair.getValue(), child(path, pair.getKey()), leaves));
      case DICT_VALUE -> {
        Map<String, StructuredValue> sorted = new TreeMap<>(value.getDictValue().getFieldsMap());
        sorted.forEach((key, child) -> collect(child, child(path, key), leaves));
      }
      default -> leaves.add(new Leaf(path, value));
    }
  }

  private static void collect(List<StructuredValue> values, List<String> path, List<Leaf> leaves) {
    for (int i = 0; i < values.size(); i++) {
      collect(values.get(i), child(path, String.valueOf(i)), leaves);
    }
  }

  private static List<String> child(List<String> path, String name) {
    List<String> child = new ArrayList<>(path);
    child.add(name);
    return child;
  }

  /** The value that a structure of a full argument specification has under a name. */
  static Optional<StructuredValue> field(StructuredValue specification, String name) {
    return specification.getNamedTupleValue().getValuesList().stream()
        .filter(pair -> pair.getKey().equals(name))
        .map(pair -> pair.getValue())
        .findFirst();
  }
}

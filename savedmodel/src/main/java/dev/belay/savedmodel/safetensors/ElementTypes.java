package dev.belay.savedmodel.safetensors;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tensorflow.proto.framework.DataType;

/** Maps the element types of the format to those of TensorFlow. */
final class ElementTypes {
  private static final Map<String, DataType> TYPES = new LinkedHashMap<>();

  /** Types of the format that TensorFlow 2.10 lacks: 8, 6 and 4 bits of floating point. */
  static final Set<String> UNSUPPORTED =
      Set.of("F8_E5M2", "F8_E4M3", "F8_E8M0", "F6_E2M3", "F6_E3M2", "F4");

  static {
    TYPES.put("BOOL", DataType.DT_BOOL);
    TYPES.put("U8", DataType.DT_UINT8);
    TYPES.put("I8", DataType.DT_INT8);
    TYPES.put("I16", DataType.DT_INT16);
    TYPES.put("U16", DataType.DT_UINT16);
    TYPES.put("F16", DataType.DT_HALF);
    TYPES.put("BF16", DataType.DT_BFLOAT16);
    TYPES.put("I32", DataType.DT_INT32);
    TYPES.put("U32", DataType.DT_UINT32);
    TYPES.put("F32", DataType.DT_FLOAT);
    TYPES.put("C64", DataType.DT_COMPLEX64);
    TYPES.put("F64", DataType.DT_DOUBLE);
    TYPES.put("I64", DataType.DT_INT64);
    TYPES.put("U64", DataType.DT_UINT64);
  }

  private ElementTypes() {}

  /** TensorFlow's type of a name such as "F32". */
  static Optional<DataType> parse(String name) {
    return Optional.ofNullable(TYPES.get(name));
  }

  /**
   * The format's name of a type.
   *
   * @throws IllegalArgumentException if the format has no such type
   */
  static String name(DataType dtype) {
    return TYPES.entrySet().stream()
        .filter(type -> type.getValue() == dtype)
        .map(Map.Entry::getKey)
        .findFirst()
        .orElseThrow(
            () -> new IllegalArgumentException("safetensors has no element type " + dtype));
  }

  /** The position of a type in the format's order, by which a file is laid out. */
  static int rank(DataType dtype) {
    return TYPES.values().stream().toList().indexOf(dtype);
  }

  /** The names, for messages. */
  static Set<String> names() {
    return TYPES.keySet();
  }
}

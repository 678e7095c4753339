package dev.belay.graph.imported.rewrite;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.NodeDef;
import org.tensorflow.proto.framework.TensorProto;
import org.tensorflow.proto.framework.TensorShapeProto;

/** Reads and writes nodes and their attributes. */
public final class Nodes {
  private Nodes() {}

  public static NodeDef.Builder node(String name, String op, String... inputs) {
    return NodeDef.newBuilder().setName(name).setOp(op).addAllInput(List.of(inputs));
  }

  public static AttrValue type(DataType type) {
    return AttrValue.newBuilder().setType(type).build();
  }

  public static AttrValue integer(long value) {
    return AttrValue.newBuilder().setI(value).build();
  }

  public static AttrValue bool(boolean value) {
    return AttrValue.newBuilder().setB(value).build();
  }

  public static AttrValue text(String value) {
    return AttrValue.newBuilder().setS(ByteString.copyFromUtf8(value)).build();
  }

  public static NodeDef constant(String name, long value) {
    return constant(name, DataType.DT_INT64, scalar(DataType.DT_INT64).addInt64Val(value));
  }

  public static NodeDef constant(String name, int value) {
    return constant(name, DataType.DT_INT32, scalar(DataType.DT_INT32).addIntVal(value));
  }

  public static NodeDef vector(String name, int... values) {
    TensorShapeProto.Builder shape =
        TensorShapeProto.newBuilder()
            .addDim(TensorShapeProto.Dim.newBuilder().setSize(values.length));
    TensorProto.Builder tensor = scalar(DataType.DT_INT32).setTensorShape(shape);
    for (int value : values) {
      tensor.addIntVal(value);
    }
    return constant(name, DataType.DT_INT32, tensor);
  }

  /** A scalar of a floating-point type that the tests and models use. */
  public static NodeDef constant(String name, DataType type, double value) {
    TensorProto.Builder tensor = scalar(type);
    switch (type) {
      case DT_FLOAT -> tensor.addFloatVal((float) value);
      case DT_DOUBLE -> tensor.addDoubleVal(value);
      default -> throw new IllegalArgumentException("no constant of type " + type + " is needed");
    }
    return constant(name, type, tensor);
  }

  public static DataType type(NodeDef node, String attribute) {
    return node.getAttrOrDefault(attribute, AttrValue.getDefaultInstance()).getType();
  }

  public static boolean flag(NodeDef node, String attribute) {
    return node.getAttrOrDefault(attribute, AttrValue.getDefaultInstance()).getB();
  }

  /** The value of an int32 constant, a scalar or a vector of one. */
  public static Optional<Integer> scalarInt(NodeDef constant) {
    TensorProto tensor = constant.getAttrOrThrow("value").getTensor();
    boolean isOne =
        tensor.getTensorShape().getDimList().stream().allMatch(size -> size.getSize() == 1);
    if (tensor.getDtype() != DataType.DT_INT32 || !isOne) {
      return Optional.empty();
    }
    if (tensor.getTensorContent().size() == Integer.BYTES) {
      ByteBuffer bytes = tensor.getTensorContent().asReadOnlyByteBuffer();
      return Optional.of(bytes.order(ByteOrder.LITTLE_ENDIAN).getInt());
    }
    return Optional.of(tensor.getIntValCount() == 0 ? 0 : tensor.getIntVal(0));
  }

  /**
   * The elements of a constant of integers, in order; empty if it is none, or if one is beyond
   * int32, as the end of a slice of int64 may be.
   */
  public static Optional<int[]> ints(NodeDef constant) {
    if (!constant.getOp().equals("Const")) {
      return Optional.empty();
    }
    TensorProto tensor = constant.getAttrOrThrow("value").getTensor();
    boolean wide = tensor.getDtype() == DataType.DT_INT64;
    if (!wide && tensor.getDtype() != DataType.DT_INT32) {
      return Optional.empty();
    }
    List<? extends Number> written = wide ? tensor.getInt64ValList() : tensor.getIntValList();
    long[] values =
        new long
            [(int)
                tensor.getTensorShape().getDimList().stream()
                    .mapToLong(TensorShapeProto.Dim::getSize)
                    .reduce(1, (a, b) -> a * b)];
    ByteBuffer bytes =
        tensor.getTensorContent().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < values.length; i++) {
      if (bytes.hasRemaining()) {
        values[i] = wide ? bytes.getLong() : bytes.getInt();
      } else if (!written.isEmpty()) {
        // The last value that is written stands for all after it.
        values[i] = written.get(Math.min(i, written.size() - 1)).longValue();
      }
    }
    return Optional.of(values)
        .filter(all -> Arrays.stream(all).allMatch(value -> (int) value == value))
        .map(all -> Arrays.stream(all).mapToInt(value -> (int) value).toArray());
  }

  /** The value of an attribute that is an integer, 0 if it is not there. */
  public static long number(NodeDef node, String attribute) {
    return node.getAttrOrDefault(attribute, AttrValue.getDefaultInstance()).getI();
  }

  public static List<String> dataInputs(NodeDef node) {
    return node.getInputList().stream().filter(input -> !TensorName.isControl(input)).toList();
  }

  public static List<String> controlInputs(NodeDef node) {
    return node.getInputList().stream().filter(TensorName::isControl).toList();
  }

  private static TensorProto.Builder scalar(DataType type) {
    return TensorProto.newBuilder()
        .setDtype(type)
        .setTensorShape(TensorShapeProto.getDefaultInstance());
  }

  private static NodeDef constant(String name, DataType type, TensorProto.Builder value) {
    return node(name, "Const")
        .putAttr("dtype", type(type))
        .putAttr("value", AttrValue.newBuilder().setTensor(value).build())
        .build();
  }
}

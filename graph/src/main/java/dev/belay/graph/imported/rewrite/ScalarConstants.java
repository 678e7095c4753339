package dev.belay.graph.imported.rewrite;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.OptionalDouble;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.NodeDef;
import org.tensorflow.proto.framework.TensorProto;

/** Evaluates scalars that a graph computes from constants alone, such as {@code 1 / (1 - rate)}. */
final class ScalarConstants {
  private static final int DEPTH = 8;

  private final NodeGraph graph;

  ScalarConstants(NodeGraph graph) {
    this.graph = graph;
  }

  /** The value of a tensor, or empty if it is not a floating-point scalar known from the graph. */
  OptionalDouble value(String tensor) {
    return value(tensor, DEPTH);
  }

  private OptionalDouble value(String tensor, int depth) {
    NodeDef node = graph.node(graph.behindIdentity(tensor));
    if (node.getOp().equals("Const")) {
      return scalar(node.getAttrOrThrow("value").getTensor());
    }
    if (depth == 0) {
      return OptionalDouble.empty();
    }
    List<String> inputs = Nodes.dataInputs(node);
    double[] values = new double[inputs.size()];
    for (int i = 0; i < values.length; i++) {
      OptionalDouble input = value(inputs.get(i), depth - 1);
      if (input.isEmpty()) {
        return input;
      }
      values[i] = input.getAsDouble();
    }
    return switch (node.getOp()) {
      case "Add", "AddV2" -> OptionalDouble.of(values[0] + values[1]);
      case "Sub" -> OptionalDouble.of(values[0] - values[1]);
      case "Mul" -> OptionalDouble.of(values[0] * values[1]);
      case "Div", "RealDiv" -> OptionalDouble.of(values[0] / values[1]);
      case "Neg" -> OptionalDouble.of(-values[0]);
      case "Cast" -> OptionalDouble.of(values[0]);
      case "Reciprocal", "Inv" -> OptionalDouble.of(1 / values[0]);
      default -> OptionalDouble.empty();
    };
  }

  /** The single value of a tensor whose elements are all equal: zeros of any shape are 0. */
  private static OptionalDouble scalar(TensorProto tensor) {
    ByteString content = tensor.getTensorContent();
    ByteBuffer bytes = content.asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    return switch (tensor.getDtype()) {
      case DT_FLOAT -> {
        if (bytes.remaining() == Float.BYTES) {
          yield OptionalDouble.of(bytes.getFloat());
        }
        yield single(tensor.getFloatValCount(), tensor.getFloatValList(), content);
      }
      case DT_DOUBLE -> {
        if (bytes.remaining() == Double.BYTES) {
          yield OptionalDouble.of(bytes.getDouble());
        }
        yield single(tensor.getDoubleValCount(), tensor.getDoubleValList(), content);
      }
      case DT_HALF, DT_BFLOAT16 -> half(tensor, bytes);
      case DT_INT32 ->
          bytes.remaining() == Integer.BYTES
              ? OptionalDouble.of(bytes.getInt())
              : single(tensor.getIntValCount(), tensor.getIntValList(), content);
      default -> OptionalDouble.empty();
    };
  }

  private static OptionalDouble half(TensorProto tensor, ByteBuffer bytes) {
    boolean packed = bytes.remaining() == Short.BYTES;
    if (!packed && (bytes.hasRemaining() || tensor.getHalfValCount() > 1)) {
      return OptionalDouble.empty();
    }
    int bits = packed ? bytes.getShort() : tensor.getHalfValCount() == 0 ? 0 : tensor.getHalfVal(0);
    return OptionalDouble.of(
        tensor.getDtype() == DataType.DT_BFLOAT16
            ? Float.intBitsToFloat(bits << 16)
            : ofHalf(bits));
  }

  /** The value of 16 bits in IEEE 754's half precision. */
  private static double ofHalf(int bits) {
    int exponent = (bits >> 10) & 0x1f;
    int fraction = bits & 0x3ff;
    double size =
        exponent == 0
            ? fraction * 0x1p-24
            : exponent == 0x1f
                ? (fraction == 0 ? Double.POSITIVE_INFINITY : Double.NaN)
                : (1 + fraction * 0x1p-10) * Math.pow(2, exponent - 15);
    return (bits & 0x8000) == 0 ? size : -size;
  }

  /** Relative tolerance between a scalar of the graph and the number that its author wrote. */
  double rounding(String tensor) {
    NodeDef node = graph.node(graph.behindIdentity(tensor));
    for (String attribute : List.of("dtype", "DstT", "T")) {
      if (node.containsAttr(attribute)) {
        return switch (Nodes.type(node, attribute)) {
          case DT_HALF -> 2e-3;
          case DT_BFLOAT16 -> 1.6e-2;
          default -> 1e-5;
        };
      }
    }
    return 1e-5;
  }

  private static OptionalDouble single(
      int count, List<? extends Number> values, ByteString content) {
    if (!content.isEmpty() || count > 1) {
      return OptionalDouble.empty();
    }
    // A tensor of zeros may be written without any value.
    return OptionalDouble.of(count == 0 ? 0 : values.get(0).doubleValue());
  }
}

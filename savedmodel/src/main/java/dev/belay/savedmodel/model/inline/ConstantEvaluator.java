package dev.belay.savedmodel.model.inline;

import dev.belay.savedmodel.model.op.ConstantTensor;
import dev.belay.savedmodel.model.op.Scalar;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.NodeDef;

/**
 * Evaluates, before a graph runs, the scalars that control it: loop counters, flags, and simple
 * arithmetic on them. Any other value is unknown.
 */
final class ConstantEvaluator {
  private ConstantEvaluator() {}

  /**
   * The value of a node's only output.
   *
   * @param known the values of tensors so far
   */
  static Optional<Scalar> evaluate(NodeDef node, Map<String, Scalar> known) {
    if (node.getOp().equals("Const")) {
      return node.containsAttr("value")
          ? ConstantTensor.scalar(node.getAttrOrThrow("value").getTensor())
          : Optional.empty();
    }
    List<Scalar> inputs = new ArrayList<>();
    for (String input : node.getInputList()) {
      if (input.startsWith("^")) {
        continue;
      }
      Scalar value = known.get(input);
      if (value == null) {
        return Optional.empty();
      }
      inputs.add(value);
    }
    return switch (inputs.size()) {
      case 1 -> unary(node, inputs.get(0));
      case 2 -> binary(node.getOp(), inputs.get(0), inputs.get(1));
      default -> Optional.empty();
    };
  }

  private static Optional<Scalar> unary(NodeDef node, Scalar value) {
    return switch (node.getOp()) {
      case "Identity", "StopGradient", "PlaceholderWithDefault" -> Optional.of(value);
      case "LogicalNot" -> Optional.of(Scalar.of(!value.isTrue()));
      case "Neg" -> number(value.type(), -value.integer(), -value.real());
      case "Cast" -> cast(value, node.getAttrOrDefault("DstT", NONE).getType());
      default -> Optional.empty();
    };
  }

  private static final AttrValue NONE = AttrValue.getDefaultInstance();

  private static Optional<Scalar> cast(Scalar value, DataType type) {
    return switch (type) {
      case DT_BOOL -> Optional.of(Scalar.of(value.isTrue()));
      case DT_FLOAT -> Optional.of(Scalar.of(type, value.asDouble()));
      case DT_INT32, DT_INT64 -> {
        // The result of C++ for a float that is too large is undefined.
        boolean safe = !value.isReal() || Math.abs(value.real()) < Integer.MAX_VALUE;
        yield safe ? Optional.of(Scalar.of(type, (long) value.asDouble())) : Optional.empty();
      }
      default -> Optional.empty();
    };
  }

  private static Optional<Scalar> binary(String op, Scalar a, Scalar b) {
    if (a.type() != b.type()) {
      return Optional.empty();
    }
    long x = a.integer();
    long y = b.integer();
    double s = a.real();
    double t = b.real();
    DataType type = a.type();
    return switch (op) {
      case "Add", "AddV2" -> number(type, x + y, s + t);
      case "Sub" -> number(type, x - y, s - t);
      case "Mul" -> number(type, x * y, s * t);
      case "Maximum" -> number(type, Math.max(x, y), Math.max(s, t));
      case "Minimum" -> number(type, Math.min(x, y), Math.min(s, t));
      case "Less" -> Optional.of(Scalar.of(a.isReal() ? s < t : x < y));
      case "LessEqual" -> Optional.of(Scalar.of(a.isReal() ? s <= t : x <= y));
      case "Greater" -> Optional.of(Scalar.of(a.isReal() ? s > t : x > y));
      case "GreaterEqual" -> Optional.of(Scalar.of(a.isReal() ? s >= t : x >= y));
      case "Equal" -> Optional.of(Scalar.of(a.isReal() ? s == t : x == y));
      case "NotEqual" -> Optional.of(Scalar.of(a.isReal() ? s != t : x != y));
      case "LogicalAnd" -> Optional.of(Scalar.of(a.isTrue() && b.isTrue()));
      case "LogicalOr" -> Optional.of(Scalar.of(a.isTrue() || b.isTrue()));
      default -> Optional.empty();
    };
  }

  private static Optional<Scalar> number(DataType type, long integer, double real) {
    return switch (type) {
      case DT_INT32, DT_INT64 -> Optional.of(Scalar.of(type, integer));
      case DT_FLOAT -> Optional.of(Scalar.of(type, real));
      default -> Optional.empty();
    };
  }
}

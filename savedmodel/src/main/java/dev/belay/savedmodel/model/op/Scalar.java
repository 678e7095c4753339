package dev.belay.savedmodel.model.op;

import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.TensorProto;
import org.tensorflow.proto.framework.TensorShapeProto;

/**
 * Scalar whose value is known before a graph runs.
 *
 * @param type bool, int32, int64 or float
 * @param integer its value if it is no float; 1 means true
 * @param real its value if it is a float
 */
public record Scalar(DataType type, long integer, double real) {

  /** A truth value. */
  public static Scalar of(boolean value) {
    return new Scalar(DataType.DT_BOOL, value ? 1 : 0, 0);
  }

  /** A whole number; int32 wraps around as it does in TensorFlow. */
  public static Scalar of(DataType type, long value) {
    return new Scalar(type, type == DataType.DT_INT32 ? (int) value : value, 0);
  }

  /** A number with a fraction, rounded to float32. */
  public static Scalar of(DataType type, double value) {
    return new Scalar(type, 0, (float) value);
  }

  /** Returns whether it is a float. */
  public boolean isReal() {
    return type == DataType.DT_FLOAT;
  }

  /** Returns whether a condition treats it as true: any value but zero. */
  public boolean isTrue() {
    return isReal() ? real != 0 : integer != 0;
  }

  /** Its value as a double. */
  public double asDouble() {
    return isReal() ? real : integer;
  }

  @Override
  public String toString() {
    if (type == DataType.DT_BOOL) {
      return String.valueOf(isTrue());
    }
    return isReal() ? String.valueOf((float) real) : String.valueOf(integer);
  }

  /** This value as a tensor of a graph. */
  public TensorProto toProto() {
    TensorProto.Builder tensor =
        TensorProto.newBuilder()
            .setDtype(type)
            .setTensorShape(TensorShapeProto.getDefaultInstance());
    return switch (type) {
      case DT_BOOL -> tensor.addBoolVal(isTrue()).build();
      case DT_INT32 -> tensor.addIntVal((int) integer).build();
      case DT_INT64 -> tensor.addInt64Val(integer).build();
      case DT_FLOAT -> tensor.addFloatVal((float) real).build();
      default -> throw new IllegalStateException("no scalar of type " + type);
    };
  }
}

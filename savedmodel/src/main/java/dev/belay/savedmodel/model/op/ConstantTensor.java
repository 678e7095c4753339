package dev.belay.savedmodel.model.op;

import dev.belay.savedmodel.tensor.TensorSpec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.TensorProto;
import org.tensorflow.proto.framework.TensorShapeProto;

/**
 * Constant in a graph: validates that its values fit its type and shape, and reads scalars.
 *
 * <p>Source: {@code Tensor::FromProto} in {@code tensorflow/core/framework/tensor.cc}: either all
 * bytes are given, or a list of values whose last one is repeated for all missing ones.
 */
public final class ConstantTensor {
  /** TensorFlow's own limit. */
  public static final int MOST_DIMENSIONS = 254;

  /** Larger than any constant written by hand or stored in a file. */
  private static final long MOST_BYTES = Integer.MAX_VALUE;

  private ConstantTensor() {}

  /**
   * Validates a tensor without allocating its claimed size.
   *
   * @return the bytes that it takes in memory
   * @throws IllegalArgumentException if it is invalid; the message says what was found
   */
  public static long check(TensorProto tensor) {
    TensorSpec spec = new TensorSpec(tensor.getDtype(), shape(tensor.getTensorShape()));
    if (tensor.getTensorShape().getUnknownRank() || spec.shape().hasUnknownDimension()) {
      throw new IllegalArgumentException("a constant of shape " + spec.shape());
    }
    long elements;
    try {
      elements = spec.elements();
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException("a constant of " + spec, e);
    }
    boolean numeric = spec.isNumeric();
    long elementBytes = numeric ? spec.elementBytes() : Long.BYTES;
    if (elements > MOST_BYTES / elementBytes) {
      throw new IllegalArgumentException("a constant of " + spec + " in a few bytes");
    }
    if (!tensor.getTensorContent().isEmpty()) {
      // The lengths of the strings come first, at least one byte each; the strings follow.
      int size = tensor.getTensorContent().size();
      boolean strings = tensor.getDtype() == DataType.DT_STRING && size >= elements;
      if (numeric ? size != elements * elementBytes : !strings) {
        throw new IllegalArgumentException(
            "a constant of " + spec + " from " + tensor.getTensorContent().size() + " bytes");
      }
    } else if (listed(tensor) > elements) {
      throw new IllegalArgumentException(
          "a constant of " + spec + " from " + listed(tensor) + " values");
    }
    return elements * elementBytes;
  }

  /**
   * The shape that a proto describes.
   *
   * @throws IllegalArgumentException if it describes none
   */
  public static Shape shape(TensorShapeProto proto) {
    if (proto.getUnknownRank()) {
      if (proto.getDimCount() > 0) {
        throw new IllegalArgumentException("a shape of unknown rank with dimensions");
      }
      return Shape.unknown();
    }
    if (proto.getDimCount() > MOST_DIMENSIONS) {
      throw new IllegalArgumentException("a shape of " + proto.getDimCount() + " dimensions");
    }
    long elements = 1;
    for (TensorShapeProto.Dim dimension : proto.getDimList()) {
      if (dimension.getSize() < -1) {
        throw new IllegalArgumentException("a shape with dimension " + dimension.getSize());
      }
      if (dimension.getSize() > 0) {
        elements = multiply(elements, dimension.getSize());
      }
    }
    return Shape.of(proto.getDimList().stream().mapToLong(d -> d.getSize()).toArray());
  }

  private static long multiply(long elements, long size) {
    try {
      return Math.multiplyExact(elements, size);
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException("a shape of more elements than 63 bits can count", e);
    }
  }

  private static int listed(TensorProto tensor) {
    return switch (tensor.getDtype()) {
      case DT_HALF, DT_BFLOAT16 -> tensor.getHalfValCount();
      case DT_FLOAT -> tensor.getFloatValCount();
      case DT_DOUBLE -> tensor.getDoubleValCount();
      case DT_INT32, DT_UINT8, DT_INT16, DT_INT8, DT_UINT16, DT_QINT8, DT_QUINT8, DT_QINT16 ->
          tensor.getIntValCount();
      case DT_QUINT16, DT_QINT32 -> tensor.getIntValCount();
      case DT_STRING -> tensor.getStringValCount();
      case DT_COMPLEX64 -> tensor.getScomplexValCount() / 2;
      case DT_INT64 -> tensor.getInt64ValCount();
      case DT_BOOL -> tensor.getBoolValCount();
      case DT_COMPLEX128 -> tensor.getDcomplexValCount() / 2;
      case DT_UINT32 -> tensor.getUint32ValCount();
      case DT_UINT64 -> tensor.getUint64ValCount();
      default -> throw new IllegalArgumentException("a constant of type " + type(tensor));
    };
  }

  private static String type(TensorProto tensor) {
    return tensor.getDtype() == DataType.UNRECOGNIZED
        ? "number " + tensor.getDtypeValue()
        : tensor.getDtype().toString();
  }

  /** The value of a valid scalar of a type that controls a graph: bool, int32, int64, float. */
  public static Optional<Scalar> scalar(TensorProto tensor) {
    if (tensor.getTensorShape().getUnknownRank() || tensor.getTensorShape().getDimCount() > 0) {
      return Optional.empty();
    }
    DataType type = tensor.getDtype();
    ByteBuffer bytes =
        tensor.getTensorContent().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    boolean whole = bytes.hasRemaining();
    boolean none = !whole && listed(tensor) == 0;
    return switch (type) {
      case DT_BOOL ->
          Optional.of(Scalar.of(none ? false : whole ? bytes.get(0) != 0 : tensor.getBoolVal(0)));
      case DT_INT32 ->
          Optional.of(Scalar.of(type, none ? 0 : whole ? bytes.getInt(0) : tensor.getIntVal(0)));
      case DT_INT64 ->
          Optional.of(Scalar.of(type, none ? 0 : whole ? bytes.getLong(0) : tensor.getInt64Val(0)));
      case DT_FLOAT ->
          Optional.of(
              Scalar.of(type, none ? 0.0 : whole ? bytes.getFloat(0) : tensor.getFloatVal(0)));
      default -> Optional.empty();
    };
  }
}

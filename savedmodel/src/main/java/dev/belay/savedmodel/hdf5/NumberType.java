package dev.belay.savedmodel.hdf5;

import io.jhdf.object.datatype.FixedPoint;
import io.jhdf.object.datatype.FloatingPoint;
import java.util.Optional;
import org.tensorflow.proto.framework.DataType;

/** Java types that jHDF returns for HDF5's number types: unsigned ones come out one size wider. */
final class NumberType {
  private NumberType() {}

  /** TensorFlow's type of the elements as they are read; empty for any other type. */
  static Optional<DataType> of(io.jhdf.object.datatype.DataType type) {
    if (type instanceof FloatingPoint floating) {
      return ieee(floating);
    }
    return type instanceof FixedPoint whole
            && whole.getBitPrecision() == whole.getSize() * Byte.SIZE
        ? whole(whole)
        : Optional.empty();
  }

  private static Optional<DataType> ieee(FloatingPoint type) {
    String layout = type.getSize() + ":" + type.getExponentSize() + ":" + type.getMantissaSize();
    return switch (layout) {
      case "2:5:10", "4:8:23" -> Optional.of(DataType.DT_FLOAT);
      case "8:11:52" -> Optional.of(DataType.DT_DOUBLE);
      default -> Optional.empty();
    };
  }

  private static Optional<DataType> whole(FixedPoint type) {
    Class<?> read = type.getJavaType();
    if (read == byte.class) {
      return Optional.of(DataType.DT_INT8);
    }
    if (read == short.class) {
      return Optional.of(DataType.DT_INT16);
    }
    if (read == int.class) {
      return Optional.of(DataType.DT_INT32);
    }
    return read == long.class ? Optional.of(DataType.DT_INT64) : Optional.empty();
  }
}

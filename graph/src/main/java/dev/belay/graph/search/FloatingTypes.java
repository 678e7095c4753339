package dev.belay.graph.search;

import java.util.Set;
import org.tensorflow.proto.framework.DataType;

/** Types of tensors that hold floating-point numbers. */
public final class FloatingTypes {
  private static final Set<DataType> REAL =
      Set.of(DataType.DT_FLOAT, DataType.DT_DOUBLE, DataType.DT_HALF, DataType.DT_BFLOAT16);

  private static final Set<DataType> COMPLEX =
      Set.of(DataType.DT_COMPLEX64, DataType.DT_COMPLEX128);

  private FloatingTypes() {}

  /** Returns whether the native runtime passes gradients of a type on. */
  public static boolean isReal(DataType type) {
    return REAL.contains(type);
  }

  /** Returns whether a type is one of complex numbers. */
  public static boolean isComplex(DataType type) {
    return COMPLEX.contains(type);
  }

  /** Returns whether tensors of a type can depend differentiably on a variable, in an array too. */
  public static boolean carriesGradient(DataType type) {
    return isReal(type) || isComplex(type) || type == DataType.DT_VARIANT;
  }
}

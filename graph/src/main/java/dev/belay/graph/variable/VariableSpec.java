package dev.belay.graph.variable;

import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.DataType;

/**
 * Declaration of a variable, made before it exists in a graph.
 *
 * @param name unique in its {@link Variables}
 * @param dtype element type
 * @param shape fully defined
 * @param trainable whether an optimizer changes it
 * @param units parts that each compute one number of the output
 */
public record VariableSpec(
    String name, DataType dtype, Shape shape, boolean trainable, Units units) {

  /** Axis along which a variable splits into parts that each compute one number of the output. */
  public enum Units {
    /** The last: kernels [.., in, out] of TensorFlow. A variable of one axis is one unit. */
    COLUMNS,
    /** The first: kernels [out, in] of PyTorch. */
    ROWS
  }

  /** A variable as TensorFlow lays it out. */
  public VariableSpec(String name, DataType dtype, Shape shape, boolean trainable) {
    this(name, dtype, shape, trainable, Units.COLUMNS);
  }

  public VariableSpec {
    if (name.isBlank()) {
      throw new IllegalArgumentException("A variable needs a name; found an empty one.");
    }
    if (shape.isUnknown() || shape.hasUnknownDimension()) {
      throw new IllegalArgumentException(
          "Variable "
              + name
              + " must be declared with a fully defined shape, since its slots are made from it;"
              + " found "
              + shape
              + ".");
    }
  }

  /** The same variable, trainable or not. */
  public VariableSpec withTrainable(boolean trains) {
    return new VariableSpec(name, dtype, shape, trains, units);
  }
}

package dev.belay.graph.variable;

import java.util.Optional;
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
 * @param rows of a table in files that the variable holds; empty if it holds all
 */
public record VariableSpec(
    String name,
    DataType dtype,
    Shape shape,
    boolean trainable,
    Units units,
    Optional<HeldRows> rows) {

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

  /** A variable that holds all of its value. */
  public VariableSpec(String name, DataType dtype, Shape shape, boolean trainable, Units units) {
    this(name, dtype, shape, trainable, units, Optional.empty());
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
    return new VariableSpec(name, dtype, shape, trains, units, rows);
  }

  /** The same table, of which the variable holds some rows alone. */
  public VariableSpec holding(HeldRows held) {
    if (shape.get(0) != held.total()) {
      throw new IllegalArgumentException(
          name + " is a table of " + shape + ", and the rows are " + held + ".");
    }
    Shape own = Shape.of(held.count()).append(shape.tail());
    return new VariableSpec(name, dtype, own, trainable, units, Optional.of(held));
  }

  /** Shape of the whole value, as files have it. */
  public Shape storedShape() {
    return rows.map(held -> Shape.of(held.total()).append(shape.tail())).orElse(shape);
  }
}

package dev.belay.graph.variable;

import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.DataType;

/**
 * What a variable is, declared before it exists in a graph.
 *
 * @param name unique in its {@link Variables}
 * @param dtype element type
 * @param shape fully defined
 * @param trainable whether an optimizer changes it
 */
public record VariableSpec(String name, DataType dtype, Shape shape, boolean trainable) {
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

  /** The same variable, told to train or not. */
  public VariableSpec withTrainable(boolean trains) {
    return new VariableSpec(name, dtype, shape, trains);
  }
}

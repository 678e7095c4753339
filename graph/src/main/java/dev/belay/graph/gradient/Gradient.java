package dev.belay.graph.gradient;

import dev.belay.graph.variable.GraphVariable;
import org.tensorflow.Operand;
import org.tensorflow.types.TFloat32;

/**
 * What a loss says about a variable.
 *
 * @param variable that is to change
 * @param value dense, of the variable's shape
 */
public record Gradient(GraphVariable variable, Operand<TFloat32> value) {

  /** Another value for the same variable. */
  public Gradient withValue(Operand<TFloat32> other) {
    return new Gradient(variable, other);
  }
}

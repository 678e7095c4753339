package dev.belay.graph.gradient;

import dev.belay.graph.variable.GraphVariable;
import java.util.List;
import java.util.function.UnaryOperator;
import org.tensorflow.Operand;
import org.tensorflow.types.TFloat32;

/**
 * Gradient of a loss by one variable.
 *
 * @param variable to be updated
 * @param value dense gradient, of the variable's shape
 * @param measured tensors whose squares a norm sums: the value itself, or, where norms are to be
 *     those of TensorFlow Python, the rows of a lookup before equal rows are added
 */
public record Gradient(
    GraphVariable variable, Operand<TFloat32> value, List<Operand<TFloat32>> measured) {
  public Gradient {
    measured = List.copyOf(measured);
  }

  /** A gradient whose norm is that of its value. */
  public Gradient(GraphVariable variable, Operand<TFloat32> value) {
    this(variable, value, List.of(value));
  }

  /** Another value for the same variable. */
  public Gradient withValue(Operand<TFloat32> other) {
    return new Gradient(variable, other);
  }

  /** Applies the same linear function to the value and to the measured tensors. */
  public Gradient map(UnaryOperator<Operand<TFloat32>> function) {
    Operand<TFloat32> changed = function.apply(value);
    boolean asItIs = measured.equals(List.of(value));
    return new Gradient(
        variable, changed, asItIs ? List.of(changed) : measured.stream().map(function).toList());
  }
}

package dev.belay.graph.constraint;

import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * Constraint that no element is below 0, as Keras' NonNeg: {@code w} where {@code w >= 0}, else 0.
 */
public record NonNegative() implements Constraint {

  @Override
  public Operand<TFloat32> project(Ops tf, Operand<TFloat32> weight) {
    return tf.math.mul(
        weight, tf.dtypes.cast(tf.math.greaterEqual(weight, tf.constant(0f)), TFloat32.class));
  }
}

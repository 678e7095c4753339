package dev.belay.graph.stage;

import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;

/** Whether an update may be made at all. */
public final class FiniteCheck {
  private FiniteCheck() {}

  /**
   * Whether the loss and every element of every gradient are finite.
   *
   * @param loss scalar
   * @param norm global norm of all gradients before the clip; it is finite only if each element is,
   *     and if it does not overflow float32, which counts as not finite
   */
  public static Operand<TBool> allFinite(Ops tf, Operand<TFloat32> loss, Operand<TFloat32> norm) {
    return tf.math.logicalAnd(tf.math.isFinite(loss), tf.math.isFinite(norm));
  }
}

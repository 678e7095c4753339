package dev.belay.graph.stage;

import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;

/** Checks that the loss and all gradients of an update are finite. */
public final class FiniteCheck {
  private FiniteCheck() {}

  /**
   * Results of the check, scalars.
   *
   * @param loss the loss
   * @param all the loss and every element of every gradient
   */
  public record Finite(Operand<TBool> loss, Operand<TBool> all) {}

  /**
   * Checks the whole update.
   *
   * @param loss scalar
   * @param norm global norm of all gradients before the clip; it is finite only if each element is,
   *     and if it does not overflow float32, which counts as not finite
   */
  public static Finite of(Ops tf, Operand<TFloat32> loss, Operand<TFloat32> norm) {
    Operand<TBool> lossFinite = tf.math.isFinite(loss);
    return new Finite(lossFinite, tf.math.logicalAnd(lossFinite, tf.math.isFinite(norm)));
  }
}

package dev.belay.graph.clip;

import dev.belay.graph.gradient.Gradient;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/** Norm of all gradients taken as one vector. */
final class GlobalNorm {
  private GlobalNorm() {}

  /**
   * {@code sqrt(2 * sum_i l2_loss(g_i))}, as tf.linalg.global_norm computes it: half squares summed
   * for each tensor in float32, then over the tensors. Overflows to infinity above 1.8e19.
   */
  static Operand<TFloat32> of(Ops tf, List<Gradient> gradients) {
    List<Operand<TFloat32>> halfSquares = new ArrayList<>();
    for (Gradient gradient : gradients) {
      gradient.measured().forEach(tensor -> halfSquares.add(tf.nn.l2Loss(tensor)));
    }
    if (halfSquares.isEmpty()) {
      return tf.constant(0f);
    }
    Operand<TFloat32> sum = tf.math.addN(halfSquares);
    return tf.math.sqrt(tf.math.mul(sum, tf.constant(2f)));
  }
}

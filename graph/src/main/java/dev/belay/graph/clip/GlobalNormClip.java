package dev.belay.graph.clip;

import dev.belay.graph.gradient.Gradient;
import dev.belay.graph.variable.Slots;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * tf.clip_by_global_norm of TF 2: with n the global norm and c the bound, each gradient is
 * multiplied by {@code c * min(1/n, 1/c)}, and by NaN if n is not finite. Gradients of norm 0 are
 * unchanged. Below the bound the factor may be one ulp less than 1, as in TensorFlow.
 *
 * @param threshold c
 */
public record GlobalNormClip(Threshold threshold) implements ClipRule {

  /**
   * A clip with a constant bound.
   *
   * @param bound c, a finite number above 0
   */
  public GlobalNormClip(double bound) {
    this(Threshold.fixed("The bound of the global norm", bound));
  }

  @Override
  public Clipped apply(Ops tf, Slots slots, List<Gradient> gradients) {
    Operand<TFloat32> norm = GlobalNorm.of(tf, gradients);
    return Clipped.byFactor(tf, gradients, norm, factor(tf, norm, threshold.in(tf)));
  }

  /** The factor for gradients of a given norm. */
  static Clipped.Factor factor(Ops tf, Operand<TFloat32> norm, Operand<TFloat32> clip) {
    Operand<TFloat32> one = tf.constant(1f);
    Operand<TFloat32> ofFinite =
        tf.math.mul(clip, tf.math.minimum(tf.math.div(one, norm), tf.math.div(one, clip)));
    // 0 for a finite norm, else NaN: an overflow must not look like a very small gradient.
    Operand<TFloat32> scale = tf.math.add(ofFinite, tf.math.sub(norm, norm));
    return new Clipped.Factor(scale, tf.math.greater(norm, clip));
  }
}

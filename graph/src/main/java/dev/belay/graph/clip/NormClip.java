package dev.belay.graph.clip;

import dev.belay.graph.gradient.Gradient;
import dev.belay.graph.variable.Slots;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;

/**
 * tf.clip_by_norm on each tensor: {@code t * c / max(||t||, c)}. The direction of each tensor is
 * kept, that of the whole update is not.
 *
 * @param threshold c
 */
public record NormClip(Threshold threshold) implements ClipRule {

  /**
   * A clip with a constant bound.
   *
   * @param bound c, a finite number above 0
   */
  public NormClip(double bound) {
    this(Threshold.fixed("The bound of a tensor's norm", bound));
  }

  @Override
  public Clipped apply(Ops tf, Slots slots, List<Gradient> gradients) {
    Operand<TFloat32> clip = threshold.in(tf);
    List<Gradient> clipped = new ArrayList<>();
    List<Operand<TBool>> bites = new ArrayList<>();
    for (Gradient gradient : gradients) {
      Operand<TFloat32> norm = TensorNorm.of(tf, gradient.measured());
      Operand<TFloat32> larger = tf.math.maximum(norm, clip);
      clipped.add(gradient.map(t -> tf.math.div(tf.math.mul(t, clip), larger)));
      bites.add(tf.math.greater(norm, clip));
    }
    return Clipped.each(tf, gradients, clipped, TensorNorm.any(tf, bites));
  }
}

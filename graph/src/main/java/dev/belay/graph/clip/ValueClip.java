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
 * tf.clip_by_value on each element: {@code max(min(t, c), -c)}. The direction of the update
 * changes.
 *
 * @param threshold c
 */
public record ValueClip(Threshold threshold) implements ClipRule {

  /**
   * A clip with a constant bound.
   *
   * @param bound c, a finite number above 0
   */
  public ValueClip(double bound) {
    this(Threshold.fixed("The bound of a gradient's elements", bound));
  }

  @Override
  public Clipped apply(Ops tf, Slots slots, List<Gradient> gradients) {
    Operand<TFloat32> high = threshold.in(tf);
    Operand<TFloat32> low = tf.math.neg(high);
    List<Gradient> clipped = new ArrayList<>();
    List<Operand<TBool>> bites = new ArrayList<>();
    for (Gradient gradient : gradients) {
      Operand<TFloat32> value = between(tf, gradient.value(), low, high);
      clipped.add(gradient.withValue(value));
      bites.add(TensorNorm.anyElement(tf, tf.math.notEqual(value, gradient.value())));
    }
    return Clipped.each(tf, gradients, clipped, TensorNorm.any(tf, bites));
  }

  /** Clips in TensorFlow's order, which determines the result if low is above high. */
  static Operand<TFloat32> between(
      Ops tf, Operand<TFloat32> value, Operand<TFloat32> low, Operand<TFloat32> high) {
    return tf.math.maximum(tf.math.minimum(value, high), low);
  }
}

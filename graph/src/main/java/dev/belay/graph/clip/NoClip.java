package dev.belay.graph.clip;

import dev.belay.graph.gradient.Gradient;
import dev.belay.graph.variable.Slots;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/** Leaves gradients as they are; their norm is still measured. */
public record NoClip() implements ClipRule {

  @Override
  public Clipped apply(Ops tf, Slots slots, List<Gradient> gradients) {
    Operand<TFloat32> norm = GlobalNorm.of(tf, gradients);
    // A session fetches each tensor once, so the second measure must be a separate tensor.
    return new Clipped(
        gradients, norm, tf.identity(norm), tf.constant(1f), tf.constant(false), List.of());
  }
}

package dev.belay.graph.clip;

import dev.belay.graph.gradient.Gradient;
import dev.belay.graph.variable.GraphVariable;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;

/**
 * Gradients after a clip rule, with the values that are logged.
 *
 * @param gradients bounded, in their original order
 * @param norm global norm before the rule, scalar
 * @param clippedNorm global norm after it, scalar
 * @param scale factor of the gradients, scalar; for a rule without a common factor, that of the
 *     global norm
 * @param bites whether the rule changed anything, scalar
 * @param memory values that the rule stores for this update, if it is made
 */
public record Clipped(
    List<Gradient> gradients,
    Operand<TFloat32> norm,
    Operand<TFloat32> clippedNorm,
    Operand<TFloat32> scale,
    Operand<TBool> bites,
    List<Memory> memory) {

  /** A slot of the rule and its next value. */
  public record Memory(GraphVariable slot, Operand<TFloat32> next) {
    /** Writes it. */
    public Op write(Ops gated) {
      return gated.assignVariableOp(slot.handle(), next);
    }
  }

  /** The result of a rule with one factor for all gradients. */
  static Clipped byFactor(Ops tf, List<Gradient> before, Operand<TFloat32> norm, Factor factor) {
    List<Gradient> clipped =
        before.stream().map(g -> g.withValue(tf.math.mul(g.value(), factor.scale()))).toList();
    return new Clipped(
        clipped,
        norm,
        tf.math.mul(norm, factor.scale()),
        factor.scale(),
        factor.bites(),
        List.of());
  }

  /** A factor for all gradients, with a flag that says whether it makes them smaller. */
  record Factor(Operand<TFloat32> scale, Operand<TBool> bites) {}

  /** The result of a rule that clips each gradient separately. */
  static Clipped each(Ops tf, List<Gradient> before, List<Gradient> after, Operand<TBool> bites) {
    Operand<TFloat32> norm = GlobalNorm.of(tf, before);
    Operand<TFloat32> clippedNorm = GlobalNorm.of(tf, after);
    return new Clipped(after, norm, clippedNorm, ratio(tf, clippedNorm, norm), bites, List.of());
  }

  /** The ratio of a norm after the clip to the norm before; 1 for a norm of 0. */
  static Operand<TFloat32> ratio(Ops tf, Operand<TFloat32> after, Operand<TFloat32> before) {
    Operand<TFloat32> zero = tf.constant(0f);
    return tf.select(tf.math.equal(before, zero), tf.constant(1f), tf.math.div(after, before));
  }

  Clipped remembering(List<Memory> more) {
    return new Clipped(gradients, norm, clippedNorm, scale, bites, more);
  }
}

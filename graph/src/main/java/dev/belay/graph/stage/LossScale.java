package dev.belay.graph.stage;

import dev.belay.graph.gradient.Gradient;
import dev.belay.graph.variable.GraphVariable;
import dev.belay.graph.variable.Slots;
import java.util.List;
import java.util.Optional;
import org.tensorflow.Operand;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;

/**
 * Factor in the graph that keeps half-precision gradients from underflowing: the loss is multiplied
 * by it before the gradient is taken, and the whole gradient divided by it afterwards. Without a
 * scale both are unchanged and cost nothing.
 */
public final class LossScale {
  private static final String SCOPE = "loss_scale";
  private static final String OWN_NAME = "value";

  /** Name of the slot with the scale. */
  public static final String NAME = SCOPE + "/" + OWN_NAME;

  /** Largest scale: above it the loss itself would overflow float32. */
  private static final float LARGEST = 0x1p100f;

  private final Optional<Dynamic> dynamic;

  private LossScale(Optional<Dynamic> dynamic) {
    this.dynamic = dynamic;
  }

  /** Adds the loss scale of the plan to the graph. */
  public static LossScale of(Ops tf, Slots slots, Optional<DynamicLossScale> plan) {
    return new LossScale(plan.map(rule -> new Dynamic(rule, slots.within(SCOPE))));
  }

  private static final class Dynamic {
    final DynamicLossScale rule;
    final GraphVariable value;
    final GraphVariable goodSteps;

    Dynamic(DynamicLossScale rule, Slots slots) {
      this.rule = rule;
      this.value = slots.scalar(OWN_NAME, (float) rule.initial());
      this.goodSteps = slots.scalar("good_steps", 0);
    }
  }

  /** The scale of this update, scalar; 1 where there is none. */
  public Operand<TFloat32> value(Ops tf) {
    return dynamic
        .<Operand<TFloat32>>map(scale -> Slots.value(scale.value))
        .orElseGet(() -> tf.constant(1f));
  }

  /** The scaled loss, which is differentiated. */
  public Operand<TFloat32> scaled(Ops tf, Operand<TFloat32> loss) {
    return dynamic.isPresent() ? tf.math.mul(loss, value(tf)) : loss;
  }

  /** Gradients of the loss itself. A scale is a power of two, so that nothing is rounded. */
  public List<Gradient> unscaled(Ops tf, List<Gradient> gradients) {
    if (dynamic.isEmpty()) {
      return gradients;
    }
    Operand<TFloat32> inverse = tf.math.reciprocal(value(tf));
    return gradients.stream().map(g -> g.map(t -> tf.math.mul(t, inverse))).toList();
  }

  /**
   * Halves the scale after an overflow, doubles it after many good updates. A loss that is not
   * finite itself does not change the scale.
   */
  public List<Op> adjust(Ops tf, FiniteCheck.Finite finite) {
    if (dynamic.isEmpty()) {
      return List.of();
    }
    Dynamic scale = dynamic.get();
    Operand<TFloat32> one = tf.constant(1f);
    Operand<TFloat32> zero = tf.constant(0f);
    Operand<TFloat32> now = Slots.value(scale.value);
    Operand<TFloat32> good = tf.math.add(Slots.value(scale.goodSteps), one);
    Operand<TBool> grows =
        tf.math.logicalAnd(
            tf.math.greaterEqual(good, tf.constant((float) scale.rule.growthSteps())),
            tf.math.less(now, tf.constant(LARGEST)));
    Operand<TFloat32> larger = tf.select(grows, tf.math.mul(now, tf.constant(2f)), now);
    Operand<TFloat32> smaller = tf.math.maximum(tf.math.mul(now, tf.constant(0.5f)), one);
    Operand<TFloat32> afterBad = tf.select(finite.loss(), smaller, now);
    Operand<TFloat32> afterBadGood = tf.select(finite.loss(), zero, Slots.value(scale.goodSteps));
    return List.of(
        tf.assignVariableOp(scale.value.handle(), tf.select(finite.all(), larger, afterBad)),
        tf.assignVariableOp(
            scale.goodSteps.handle(),
            tf.select(finite.all(), tf.select(grows, zero, good), afterBadGood)));
  }
}

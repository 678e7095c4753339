package dev.belay.graph.optimizer;

import dev.belay.graph.gradient.Gradient;
import dev.belay.graph.variable.GraphVariable;
import dev.belay.graph.variable.Slots;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import org.tensorflow.Operand;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;

/**
 * LAMB, arXiv 1904.00962 version 5, with the bias correction of its algorithm 2: {@code u = m / (1
 * - b1^t) / (sqrt(v / (1 - b2^t)) + epsilon) + rate w}, {@code w -= lr ||w|| / ||u|| u}. The ratio
 * is 1 where a norm is 0, and for variables that do not decay, as in TensorFlow Addons.
 */
public record Lamb(Moments moments, DecayRule decay) implements Optimizer {

  /** Values shared by all variables. */
  private record Shared(
      Ops gated,
      Operand<TFloat32> learningRate,
      Operand<TFloat32> correction1,
      Operand<TFloat32> correction2) {}

  @Override
  public List<Op> build(Ops tf, UpdateRequest request) {
    Slots slots = request.slots();
    GraphVariable power1 = slots.scalar(Adam.BETA1_POWER, (float) moments.beta1());
    GraphVariable power2 = slots.scalar(Adam.BETA2_POWER, (float) moments.beta2());
    Operand<TFloat32> one = tf.constant(1f);
    Shared shared =
        new Shared(
            request.gated(),
            request.learningRate(),
            tf.math.sub(one, Slots.value(power1)),
            tf.math.sub(one, Slots.value(power2)));
    List<Op> updates = new ArrayList<>();
    request.gradients().forEach(gradient -> updates.addAll(update(tf, slots, shared, gradient)));
    updates.add(grown(tf, shared, power1, moments.beta1()));
    updates.add(grown(tf, shared, power2, moments.beta2()));
    return updates;
  }

  /** None: the norms of the whole table scale the update of each row. */
  @Override
  public OptionalDouble decayOfIdleRows(String variable) {
    return OptionalDouble.empty();
  }

  private static Op grown(Ops tf, Shared shared, GraphVariable power, double beta) {
    Operand<TFloat32> next = tf.math.mul(Slots.value(power), tf.constant((float) beta));
    return shared.gated().assignVariableOp(power.handle(), next);
  }

  private List<Op> update(Ops tf, Slots slots, Shared shared, Gradient gradient) {
    GraphVariable variable = gradient.variable();
    GraphVariable m = slots.zeros(variable, "lamb_m");
    GraphVariable v = slots.zeros(variable, "lamb_v");
    Operand<TFloat32> weight = variable.value().expect(TFloat32.class);
    Operand<TFloat32> mean = mean(tf, Slots.value(m), gradient.value(), moments.beta1());
    Operand<TFloat32> squares =
        mean(tf, Slots.value(v), tf.math.square(gradient.value()), moments.beta2());
    Operand<TFloat32> direction =
        tf.math.div(
            tf.math.div(mean, shared.correction1()),
            tf.math.add(
                tf.math.sqrt(tf.math.div(squares, shared.correction2())),
                tf.constant((float) moments.epsilon())));
    Operand<TFloat32> rate = shared.learningRate();
    if (decay.decays(variable.name())) {
      direction = tf.math.add(direction, tf.math.mul(weight, tf.constant((float) decay.rate())));
      rate = tf.math.mul(rate, trust(tf, weight, direction));
    }
    Ops gated = shared.gated();
    return List.of(
        gated.assignSubVariableOp(variable.handle(), tf.math.mul(direction, rate)),
        gated.assignVariableOp(m.handle(), mean),
        gated.assignVariableOp(v.handle(), squares));
  }

  static Operand<TFloat32> mean(
      Ops tf, Operand<TFloat32> old, Operand<TFloat32> seen, double kept) {
    // 1 - kept in double: as a difference of float32 numbers it is off by 5e-5 for 0.999.
    return tf.math.add(
        tf.math.mul(old, tf.constant((float) kept)),
        tf.math.mul(seen, tf.constant((float) (1 - kept))));
  }

  private static Operand<TFloat32> trust(
      Ops tf, Operand<TFloat32> weight, Operand<TFloat32> direction) {
    Operand<TFloat32> ofWeight = norm(tf, weight);
    Operand<TFloat32> ofDirection = norm(tf, direction);
    Operand<TFloat32> zero = tf.constant(0f);
    Operand<TBool> known =
        tf.math.logicalAnd(tf.math.greater(ofWeight, zero), tf.math.greater(ofDirection, zero));
    return tf.select(known, tf.math.div(ofWeight, ofDirection), tf.constant(1f));
  }

  private static Operand<TFloat32> norm(Ops tf, Operand<TFloat32> tensor) {
    return tf.math.sqrt(tf.math.mul(tf.nn.l2Loss(tensor), tf.constant(2f)));
  }
}

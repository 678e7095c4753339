package dev.belay.graph.optimizer;

import dev.belay.graph.gradient.Gradient;
import dev.belay.graph.variable.GraphVariable;
import dev.belay.graph.variable.Slots;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.tensorflow.Operand;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.train.ResourceApplyAdam;
import org.tensorflow.types.TFloat32;

/**
 * Adam and its relatives, one native kernel for each variable: {@code m = b1 m + (1 - b1) g},
 * {@code v = b2 v + (1 - b2) g^2}, {@code w -= lr c m / (sqrt(v) + epsilon)}, where {@code c}
 * corrects the bias of the first steps, {@code sqrt(1 - b2^t) / (1 - b1^t)}, or is 1.
 *
 * <p>Decoupled decay comes first, {@code w -= lr rate w}. The update does not depend on w, so this
 * equals decay by the weight before the update.
 */
public final class Adam implements Optimizer {
  /** Name of the slot with the mean of gradients. */
  public static final String MEAN = "adam_m";

  /** Name of the slot with the mean of squares. */
  public static final String SQUARES = "adam_v";

  /** Name of the slot with the power of beta1 for the bias of the next step. */
  public static final String BETA1_POWER = "beta1_power";

  /** Name of the slot with the power of beta2 for the bias of the next step. */
  public static final String BETA2_POWER = "beta2_power";

  private final Moments moments;
  private final AdamVariant variant;
  private final Epsilon epsilon;
  private final Optional<DecayRule> decay;

  /** Place of epsilon in the formula. */
  private enum Epsilon {
    /** The root of the mean of squares, before the correction: TensorFlow's "epsilon hat". */
    HAT,
    /** The root of the corrected mean of squares. */
    CORRECTED,
    /** The root of the mean of squares, without bias correction. */
    UNCORRECTED
  }

  private Adam(Moments moments, AdamVariant variant, Epsilon epsilon, Optional<DecayRule> decay) {
    this.moments = moments;
    this.variant = variant;
    this.epsilon = epsilon;
    this.decay = decay;
  }

  /** The plain rule as in TensorFlow's ApplyAdam and Keras. */
  public static Adam of(Moments moments) {
    return of(moments, AdamVariant.PLAIN);
  }

  /**
   * The rule of TensorFlow's ApplyAdam and Keras, arXiv 1412.6980 with the "epsilon hat" of its
   * section 2: {@code w -= lr sqrt(1 - b2^t) / (1 - b1^t) * m / (sqrt(v) + epsilon)}.
   */
  public static Adam of(Moments moments, AdamVariant variant) {
    return new Adam(moments, variant, Epsilon.HAT, Optional.empty());
  }

  /**
   * The same with decoupled weight decay, arXiv 1711.05101, in the order of PyTorch and Hugging
   * Face's AdamWeightDecay: {@code w -= lr rate w} by the weight before the update, then Adam.
   */
  public static Adam withDecay(Moments moments, DecayRule decay, AdamVariant variant) {
    return new Adam(moments, variant, Epsilon.HAT, Optional.of(decay));
  }

  /**
   * The rule of PyTorch, with epsilon added after the bias correction, which differs in the first
   * steps: {@code w -= lr m / (1 - b1^t) / (sqrt(v / (1 - b2^t)) + epsilon)}.
   *
   * @param decay decoupled, by the weight before the update; with it this is torch.optim.AdamW
   */
  public static Adam ofTorch(Moments moments, Optional<DecayRule> decay, AdamVariant variant) {
    if (variant == AdamVariant.NESTEROV) {
      throw new IllegalArgumentException(
          "PyTorch's Adam knows no Nesterov step; choose adam, which does.");
    }
    return new Adam(moments, variant, Epsilon.CORRECTED, decay);
  }

  /**
   * The rule of AdamWeightDecayOptimizer of google-research/bert: {@code w -= lr (m / (sqrt(v) +
   * epsilon) + rate w)}, without correction of the bias.
   */
  public static Adam ofBert(Moments moments, DecayRule decay) {
    return new Adam(moments, AdamVariant.PLAIN, Epsilon.UNCORRECTED, Optional.of(decay));
  }

  /** Values shared by all variables: the scope for new nodes, and the scalars of the kernel. */
  private record Shared(
      Ops gated,
      Operand<TFloat32> learningRate,
      Operand<TFloat32> beta1Power,
      Operand<TFloat32> beta2Power,
      Operand<TFloat32> beta1,
      Operand<TFloat32> beta2,
      Operand<TFloat32> epsilon) {}

  @Override
  public List<Op> build(Ops tf, UpdateRequest request) {
    Slots slots = request.slots();
    return epsilon == Epsilon.UNCORRECTED
        ? uncorrected(tf, slots, request)
        : corrected(tf, slots, request);
  }

  @Override
  public OptionalDouble decayOfIdleRows(String variable) {
    return OptionalDouble.of(
        decay.filter(rule -> rule.decays(variable)).map(DecayRule::rate).orElse(0.0));
  }

  private List<Op> corrected(Ops tf, Slots slots, UpdateRequest request) {
    Operand<TFloat32> beta1 = tf.constant((float) moments.beta1());
    Operand<TFloat32> beta2 = tf.constant((float) moments.beta2());
    GraphVariable power1 = slots.scalar(BETA1_POWER, (float) moments.beta1());
    GraphVariable power2 = slots.scalar(BETA2_POWER, (float) moments.beta2());
    Operand<TFloat32> value1 = Slots.value(power1);
    Operand<TFloat32> value2 = Slots.value(power2);
    Operand<TFloat32> added = tf.constant((float) moments.epsilon());
    if (epsilon == Epsilon.CORRECTED) {
      // The kernel multiplies by sqrt(1 - b2^t) after it has added epsilon.
      Operand<TFloat32> correction = tf.math.sqrt(tf.math.sub(tf.constant(1f), value2));
      added = tf.math.mul(added, correction);
    }
    List<Op> updates =
        applyAll(
            tf,
            slots,
            request,
            new Shared(
                request.gated(), request.learningRate(), value1, value2, beta1, beta2, added));
    // The powers belong to the update: they change once, after all reads.
    Ops afterAll = tf.withControlDependencies(List.copyOf(updates));
    updates.add(afterAll.assignVariableOp(power1.handle(), tf.math.mul(value1, beta1)));
    updates.add(afterAll.assignVariableOp(power2.handle(), tf.math.mul(value2, beta2)));
    return updates;
  }

  /**
   * The kernel computes 1 - beta in float32, which for 0.999 is 5e-5 too much; the bias correction
   * cancels that, so without it the kernel gets "powers" that divide exactly this factor out again.
   */
  private List<Op> uncorrected(Ops tf, Slots slots, UpdateRequest request) {
    float beta1 = (float) moments.beta1();
    float beta2 = (float) moments.beta2();
    double excess1 = (1 - beta1) / (1 - moments.beta1());
    double excess2 = (1 - beta2) / (1 - moments.beta2());
    return applyAll(
        tf,
        slots,
        request,
        new Shared(
            request.gated(),
            request.learningRate(),
            tf.constant((float) (1 - excess1)),
            tf.constant((float) (1 - excess2)),
            tf.constant(beta1),
            tf.constant(beta2),
            tf.constant((float) (moments.epsilon() * Math.sqrt(excess2)))));
  }

  private List<Op> applyAll(Ops tf, Slots slots, UpdateRequest request, Shared shared) {
    List<Op> applied = new ArrayList<>();
    request.gradients().forEach(gradient -> applied.add(apply(tf, slots, shared, gradient)));
    return applied;
  }

  private Op apply(Ops tf, Slots slots, Shared shared, Gradient gradient) {
    GraphVariable variable = gradient.variable();
    GraphVariable m = slots.zeros(variable, MEAN);
    GraphVariable v = slots.zeros(variable, SQUARES);
    Ops gated = shared.gated();
    if (decay.isPresent() && decay.get().decays(variable.name())) {
      gated = afterDecay(tf, shared, variable, (float) decay.get().rate());
    }
    if (variant == AdamVariant.AMSGRAD) {
      return gated.train.resourceApplyAdamWithAmsgrad(
          variable.handle(),
          m.handle(),
          v.handle(),
          slots.zeros(variable, "adam_vhat").handle(),
          shared.beta1Power(),
          shared.beta2Power(),
          shared.learningRate(),
          shared.beta1(),
          shared.beta2(),
          shared.epsilon(),
          gradient.value());
    }
    return gated.train.resourceApplyAdam(
        variable.handle(),
        m.handle(),
        v.handle(),
        shared.beta1Power(),
        shared.beta2Power(),
        shared.learningRate(),
        shared.beta1(),
        shared.beta2(),
        shared.epsilon(),
        gradient.value(),
        ResourceApplyAdam.useNesterov(variant == AdamVariant.NESTEROV));
  }

  private static Ops afterDecay(Ops tf, Shared shared, GraphVariable variable, float rate) {
    Ops gated = shared.gated();
    Operand<TFloat32> lost =
        gated.math.mul(
            variable.value().expect(TFloat32.class),
            tf.math.mul(shared.learningRate(), tf.constant(rate)));
    Op decayed = gated.assignSubVariableOp(variable.handle(), lost);
    return tf.withControlDependencies(List.of(decayed));
  }
}

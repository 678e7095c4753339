package dev.belay.graph.optimizer;

import dev.belay.graph.gradient.Gradient;
import dev.belay.graph.variable.Slots;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import org.tensorflow.Operand;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.train.ResourceApplyKerasMomentum;
import org.tensorflow.op.train.ResourceApplyMomentum;
import org.tensorflow.types.TFloat32;

/**
 * Gradient descent with momentum. The two rules differ in when the learning rate is applied, and so
 * only where it changes.
 */
public final class Momentum implements Optimizer {
  private static final String SLOT = "momentum";

  private final double momentum;
  private final Kernel kernel;

  /** The native update of one variable. */
  private interface Kernel {
    Op apply(
        UpdateRequest request,
        Gradient gradient,
        Operand<?> accumulated,
        Operand<TFloat32> momentum);
  }

  private Momentum(double momentum, Kernel kernel) {
    if (!(momentum >= 0 && (float) momentum < 1)) {
      throw new IllegalArgumentException(
          "The momentum must be at least 0 and below 1, such as 0.9; found " + momentum + ".");
    }
    this.momentum = momentum;
    this.kernel = kernel;
  }

  /**
   * TensorFlow's ApplyMomentum, which is also the rule of PyTorch's SGD: {@code a = momentum a +
   * g}, {@code w -= lr a}, or with Nesterov {@code w -= lr (g + momentum a)}.
   *
   * @param momentum share of the old direction that is kept, 0 to below 1
   * @param nesterov whether the step looks ahead
   */
  public static Momentum of(double momentum, boolean nesterov) {
    return new Momentum(
        momentum,
        (request, gradient, accumulated, kept) ->
            request
                .gated()
                .train
                .resourceApplyMomentum(
                    gradient.variable().handle(),
                    accumulated,
                    request.learningRate(),
                    gradient.value(),
                    kept,
                    ResourceApplyMomentum.useNesterov(nesterov)));
  }

  /**
   * Keras' SGD with momentum: {@code a = momentum a - lr g}, {@code w += a}, or with Nesterov
   * {@code w += momentum a - lr g}.
   *
   * @param momentum share of the old step that is kept, 0 to below 1
   * @param nesterov whether the step looks ahead
   */
  public static Momentum ofKeras(double momentum, boolean nesterov) {
    return new Momentum(
        momentum,
        (request, gradient, accumulated, kept) ->
            request
                .gated()
                .train
                .resourceApplyKerasMomentum(
                    gradient.variable().handle(),
                    accumulated,
                    request.learningRate(),
                    gradient.value(),
                    kept,
                    ResourceApplyKerasMomentum.useNesterov(nesterov)));
  }

  @Override
  public List<Op> build(Ops tf, UpdateRequest request) {
    Slots slots = request.slots();
    Operand<TFloat32> kept = tf.constant((float) momentum);
    List<Op> updates = new ArrayList<>();
    for (Gradient gradient : request.gradients()) {
      Operand<?> accumulated = slots.zeros(gradient.variable(), SLOT).handle();
      updates.add(kernel.apply(request, gradient, accumulated, kept));
    }
    return updates;
  }

  @Override
  public OptionalDouble decayOfIdleRows(String variable) {
    return OptionalDouble.of(0);
  }
}

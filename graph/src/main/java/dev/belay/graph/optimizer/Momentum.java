package dev.belay.graph.optimizer;

import dev.belay.graph.variable.GraphVariable;
import dev.belay.graph.variable.Slots;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.train.ResourceApplyMomentum;
import org.tensorflow.types.TFloat32;

/**
 * TensorFlow's ApplyMomentum, which is also the rule of PyTorch's SGD: {@code a = momentum a + g},
 * {@code w -= lr a}, or with Nesterov {@code w -= lr (g + momentum a)}. Keras multiplies by lr
 * before it accumulates, which differs when the learning rate changes: {@link KerasMomentum}.
 *
 * @param momentum share of the old direction that is kept, 0 to below 1
 * @param nesterov whether the step looks ahead
 */
public record Momentum(double momentum, boolean nesterov) implements Optimizer {
  public Momentum {
    requireShare(momentum);
  }

  static void requireShare(double momentum) {
    if (!(momentum >= 0 && (float) momentum < 1)) {
      throw new IllegalArgumentException(
          "The momentum must be at least 0 and below 1, such as 0.9; found " + momentum + ".");
    }
  }

  @Override
  public List<Op> build(Ops tf, UpdateRequest request) {
    Slots slots = request.slots();
    Operand<TFloat32> kept = tf.constant((float) momentum);
    List<Op> updates = new ArrayList<>();
    request
        .gradients()
        .forEach(
            gradient -> {
              GraphVariable accumulated = slots.zeros(gradient.variable(), "momentum");
              updates.add(
                  request
                      .gated()
                      .train
                      .resourceApplyMomentum(
                          gradient.variable().handle(),
                          accumulated.handle(),
                          request.learningRate(),
                          gradient.value(),
                          kept,
                          ResourceApplyMomentum.useNesterov(nesterov)));
            });
    return updates;
  }
}

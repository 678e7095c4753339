package dev.belay.graph.optimizer;

import dev.belay.graph.variable.GraphVariable;
import dev.belay.graph.variable.Slots;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.train.ResourceApplyKerasMomentum;
import org.tensorflow.types.TFloat32;

/**
 * Keras' SGD with momentum: {@code a = momentum a - lr g}, {@code w += a}, or with Nesterov {@code
 * w += momentum a - lr g}.
 *
 * @param momentum share of the old step that is kept, 0 to below 1
 * @param nesterov whether the step looks ahead
 */
public record KerasMomentum(double momentum, boolean nesterov) implements Optimizer {
  public KerasMomentum {
    Momentum.requireShare(momentum);
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
                      .resourceApplyKerasMomentum(
                          gradient.variable().handle(),
                          accumulated.handle(),
                          request.learningRate(),
                          gradient.value(),
                          kept,
                          ResourceApplyKerasMomentum.useNesterov(nesterov)));
            });
    return updates;
  }
}

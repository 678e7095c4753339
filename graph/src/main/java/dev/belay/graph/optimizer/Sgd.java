package dev.belay.graph.optimizer;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;

/** Gradient descent: {@code w -= lr g}. */
public record Sgd() implements Optimizer {

  @Override
  public List<Op> build(Ops tf, UpdateRequest request) {
    List<Op> updates = new ArrayList<>();
    request
        .gradients()
        .forEach(
            gradient ->
                updates.add(
                    request
                        .gated()
                        .train
                        .resourceApplyGradientDescent(
                            gradient.variable().handle(),
                            request.learningRate(),
                            gradient.value())));
    return updates;
  }

  @Override
  public OptionalDouble decayOfIdleRows(String variable) {
    return OptionalDouble.of(0);
  }
}

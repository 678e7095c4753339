package dev.belay.graph.recompute;

import dev.belay.graph.gradient.GradientGap;
import java.util.List;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;

/**
 * Tensor that several recomputed blocks read. What lies before it is differentiated once, by the
 * sum of the gradients that the blocks have of it.
 *
 * @param tensor the tensor
 * @param shared the same for the blocks, behind a StopGradient
 */
record SharedInput(Output<?> tensor, Output<?> shared) implements GradientGap {

  @Override
  public String node() {
    return shared.op().name();
  }

  @Override
  public List<Output<?>> results() {
    return List.of(shared);
  }

  @Override
  public List<Output<?>> arguments() {
    return List.of(tensor);
  }

  @Override
  public List<Output<?>> backward(Ops tf, List<Output<?>> incoming) {
    return incoming;
  }
}

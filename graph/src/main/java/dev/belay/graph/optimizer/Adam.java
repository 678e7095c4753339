package dev.belay.graph.optimizer;

import java.util.List;
import java.util.Optional;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;

/**
 * Adam as in TensorFlow's ApplyAdam and Keras, arXiv 1412.6980 with the "epsilon hat" of its
 * section 2: {@code w -= lr sqrt(1 - b2^t) / (1 - b1^t) * m / (sqrt(v) + epsilon)}. PyTorch adds
 * epsilon after the correction and so differs in the first steps: {@link AdamTorch}.
 *
 * @param variant of the rule
 */
public record Adam(Moments moments, AdamVariant variant) implements Optimizer {

  /** The plain rule. */
  public Adam(Moments moments) {
    this(moments, AdamVariant.PLAIN);
  }

  @Override
  public List<Op> build(Ops tf, UpdateRequest request) {
    return new FusedAdam(
            moments, new FusedAdam.Form(variant, FusedAdam.Epsilon.HAT), Optional.empty())
        .build(tf, request);
  }
}

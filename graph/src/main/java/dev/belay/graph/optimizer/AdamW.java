package dev.belay.graph.optimizer;

import java.util.List;
import java.util.Optional;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;

/**
 * {@link Adam} with decoupled weight decay, arXiv 1711.05101, in the order of PyTorch and Hugging
 * Face's AdamWeightDecay: {@code w -= lr rate w} by the weight before the update, then Adam.
 *
 * @param variant of Adam
 */
public record AdamW(Moments moments, DecayRule decay, AdamVariant variant) implements Optimizer {

  /** With the plain Adam. */
  public AdamW(Moments moments, DecayRule decay) {
    this(moments, decay, AdamVariant.PLAIN);
  }

  @Override
  public List<Op> build(Ops tf, UpdateRequest request) {
    return new FusedAdam(
            moments, new FusedAdam.Form(variant, FusedAdam.Epsilon.HAT), Optional.of(decay))
        .build(tf, request);
  }
}

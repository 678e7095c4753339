package dev.belay.graph.optimizer;

import java.util.Optional;
import org.tensorflow.op.Ops;

/**
 * {@link Adam} with decoupled weight decay, arXiv 1711.05101, in the order of PyTorch and Hugging
 * Face's AdamWeightDecay: {@code w -= lr rate w} by the weight before the update, then Adam.
 */
public record AdamW(Moments moments, DecayRule decay) implements Optimizer {

  @Override
  public Updates build(Ops tf, UpdateRequest request) {
    return new FusedAdam(moments, true, Optional.of(decay)).build(tf, request);
  }
}

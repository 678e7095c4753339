package dev.belay.graph.optimizer;

import java.util.Optional;
import org.tensorflow.op.Ops;

/**
 * AdamWeightDecayOptimizer of google-research/bert: {@code w -= lr (m / (sqrt(v) + epsilon) + rate
 * w)}, without correction of the bias.
 */
public record BertAdam(Moments moments, DecayRule decay) implements Optimizer {

  @Override
  public Updates build(Ops tf, UpdateRequest request) {
    return new FusedAdam(moments, false, Optional.of(decay)).build(tf, request);
  }
}

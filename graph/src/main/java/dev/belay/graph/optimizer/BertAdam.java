package dev.belay.graph.optimizer;

import java.util.List;
import java.util.Optional;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;

/**
 * AdamWeightDecayOptimizer of google-research/bert: {@code w -= lr (m / (sqrt(v) + epsilon) + rate
 * w)}, without correction of the bias.
 */
public record BertAdam(Moments moments, DecayRule decay) implements Optimizer {

  @Override
  public List<Op> build(Ops tf, UpdateRequest request) {
    return new FusedAdam(
            moments,
            new FusedAdam.Form(AdamVariant.PLAIN, FusedAdam.Epsilon.UNCORRECTED),
            Optional.of(decay))
        .build(tf, request);
  }
}

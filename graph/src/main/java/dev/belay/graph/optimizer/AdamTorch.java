package dev.belay.graph.optimizer;

import java.util.List;
import java.util.Optional;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;

/**
 * Adam as in PyTorch, with epsilon added after the bias correction: {@code w -= lr m / (1 - b1^t) /
 * (sqrt(v / (1 - b2^t)) + epsilon)}; with a decay it is torch.optim.AdamW.
 *
 * @param decay decoupled, by the weight before the update
 */
public record AdamTorch(Moments moments, Optional<DecayRule> decay, AdamVariant variant)
    implements Optimizer {
  public AdamTorch {
    if (variant == AdamVariant.NESTEROV) {
      throw new IllegalArgumentException(
          "PyTorch's Adam knows no Nesterov step; choose adam, which does.");
    }
  }

  @Override
  public List<Op> build(Ops tf, UpdateRequest request) {
    return new FusedAdam(moments, new FusedAdam.Form(variant, FusedAdam.Epsilon.CORRECTED), decay)
        .build(tf, request);
  }
}

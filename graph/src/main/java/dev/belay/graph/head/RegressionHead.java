package dev.belay.graph.head;

import org.tensorflow.Output;
import org.tensorflow.op.Ops;

/**
 * Head that computes one number from features [B, H], or [B, S, H] of which the first token is
 * read: like {@link ClassificationHead} with one output, [B, 1].
 *
 * @param dropoutRate at least 0, below 1; drawn from seed and step
 * @param seed of the run
 */
public record RegressionHead(double dropoutRate, long seed) implements Head {
  public RegressionHead {
    DenseHead.requireRate(dropoutRate);
  }

  @Override
  public AttachedHead attach(Ops tf, Output<?> features) {
    return DenseHead.attach(tf, features, new DenseHead.Settings(1, false, dropoutRate, seed));
  }
}

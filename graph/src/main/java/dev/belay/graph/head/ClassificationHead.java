package dev.belay.graph.head;

import org.tensorflow.Output;
import org.tensorflow.op.Ops;

/**
 * Logits of classes from features [B, H], or [B, S, H] of which the first token is read: dropout,
 * then {@code features * head/kernel + head/bias}. The kernel is initialized from a normal
 * distribution of deviation 0.02, truncated at two deviations, by the seed; the bias with 0.
 *
 * @param classes at least 2
 * @param dropoutRate at least 0, below 1; drawn from seed and step
 * @param seed of the run
 */
public record ClassificationHead(int classes, double dropoutRate, long seed) implements Head {
  public ClassificationHead {
    DenseHead.requireClasses(classes);
    DenseHead.requireRate(dropoutRate);
  }

  @Override
  public AttachedHead attach(Ops tf, Output<?> features) {
    return DenseHead.attach(
        tf, features, new DenseHead.Settings(classes, false, dropoutRate, seed));
  }
}

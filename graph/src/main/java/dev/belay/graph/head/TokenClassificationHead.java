package dev.belay.graph.head;

import org.tensorflow.Output;
import org.tensorflow.op.Ops;

/**
 * Logits of classes for each token from features [B, S, H], as {@link ClassificationHead} computes
 * them for the first: dropout, then {@code features * head/kernel + head/bias}, [B, S, classes].
 *
 * @param classes at least 2
 * @param dropoutRate at least 0, below 1; drawn from seed and step
 * @param seed of the run
 */
public record TokenClassificationHead(int classes, double dropoutRate, long seed) implements Head {
  public TokenClassificationHead {
    DenseHead.requireClasses(classes);
    DenseHead.requireRate(dropoutRate);
  }

  @Override
  public AttachedHead attach(Ops tf, Output<?> features) {
    return DenseHead.attach(tf, features, new DenseHead.Settings(classes, true, dropoutRate, seed));
  }
}

package dev.belay.graph.loss;

import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * Cross entropy of probabilities [.., C] with class numbers [..], int32, for a model that outputs
 * probabilities and whose logits are not accessible.
 *
 * <p>As Keras 2.10's sparse_categorical_crossentropy(from_logits=False): probabilities are kept
 * between 1e-7 and 1 - 1e-7, and their logarithms go through a softmax again, which divides by
 * their sum. Where a probability was clipped, no gradient passes. Labels as in {@link
 * SparseSoftmaxCrossEntropy}.
 */
public final class ProbabilityCrossEntropy implements Loss {
  private static final float EPSILON = 1e-7f;

  @Override
  public LossTensors build(Ops tf, Operand<?> output) {
    Operand<TFloat32> raised = tf.math.maximum(Losses.float32(tf, output), tf.constant(EPSILON));
    Operand<TFloat32> guarded = tf.math.minimum(raised, tf.constant(1 - EPSILON));
    return Losses.crossEntropy(tf, tf.math.log(guarded));
  }
}

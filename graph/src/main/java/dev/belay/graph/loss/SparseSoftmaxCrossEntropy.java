package dev.belay.graph.loss;

import java.util.function.UnaryOperator;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * Cross entropy of logits [.., C] with class numbers [..], int32: {@code -log
 * softmax(logits)[label]} as tf.nn.sparse_softmax_cross_entropy_with_logits computes it, summed
 * over the labels that count.
 *
 * <p>The label -100 does not count, as in Hugging Face and PyTorch. Any other label outside 0 to
 * C-1 stops the run with an error of the native runtime that shows the labels.
 */
public final class SparseSoftmaxCrossEntropy implements Loss {
  /** Start of the error for a label outside of 0 to C-1. */
  public static final String INVALID_LABEL = "A label is not one of";

  /** Label that means "no label here". */
  public static final int IGNORED_LABEL = -100;

  @Override
  public LossTensors build(Ops tf, Operand<?> output) {
    return Losses.crossEntropy(tf, Losses.float32(tf, output));
  }

  @Override
  public LossTensors build(Ops tf, Output<?> features, UnaryOperator<Operand<TFloat32>> head) {
    return Losses.crossEntropyOfCounted(tf, features, head);
  }
}

package dev.belay.graph.loss;

import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * Cross entropy of the start and end of an answer: logits [B, T, 2] with token positions [B, 2],
 * int32, each a choice between the T tokens of its row. Starts and ends count alike, so the mean is
 * the mean of the two cross entropies, as in Hugging Face's {@code ForQuestionAnswering}; positions
 * of padding are among the T, as there.
 */
public final class SpanCrossEntropy implements Loss {

  @Override
  public LossTensors build(Ops tf, Operand<?> output) {
    Operand<TFloat32> logits = Losses.float32(tf, output); // [B, T, 2]
    Operand<TFloat32> choices =
        tf.linalg.transpose(logits, tf.constant(new int[] {0, 2, 1})); // [B, 2, T]
    return Losses.crossEntropy(tf, choices);
  }
}

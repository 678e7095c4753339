package dev.belay.graph.loss;

import org.tensorflow.Operand;
import org.tensorflow.framework.op.nn.SigmoidCrossEntropyWithLogits;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TFloat32;

/**
 * Cross entropy of a sigmoid for each label, for examples that have any number of labels: logits
 * [B, C] with [B, C] float32, 1 for the labels that an example has and 0 for the others, summed
 * over both. The mean is over examples and labels, as that of PyTorch's BCEWithLogitsLoss, which
 * Hugging Face takes for {@code multi_label_classification}.
 *
 * <p>{@code max(z, 0) - z * label + log(1 + exp(-|z|))}, as
 * tf.nn.sigmoid_cross_entropy_with_logits: it overflows for no logit.
 */
public final class SigmoidCrossEntropy implements Loss {

  @Override
  public LossTensors build(Ops tf, Operand<?> output) {
    requireLabels(output.shape());
    Placeholder<TFloat32> labels =
        tf.placeholder(TFloat32.class, Placeholder.shape(output.shape()));
    // A product would broadcast one label over all; a reshape to the labels' shape refuses.
    Operand<TFloat32> logits = tf.reshape(Losses.float32(tf, output), tf.shape(labels)); // [B, C]
    Operand<TFloat32> each =
        SigmoidCrossEntropyWithLogits.sigmoidCrossEntropyWithLogits(
            tf.scope(), labels, logits); // [B, C]
    return Losses.of(
        tf,
        labels.asOutput(),
        tf.reduceSum(each, tf.constant(new int[] {0, 1})),
        tf.dtypes.cast(tf.size(labels), TFloat32.class));
  }

  private static void requireLabels(Shape shape) {
    if (!shape.isUnknown() && shape.numDimensions() != 2) {
      throw new IllegalArgumentException(
          "Multi-label classification needs a logit for each label of an example, [B, C]; the"
              + " model's output has the shape "
              + shape
              + ". Choose another output, or a classification head.");
    }
  }
}

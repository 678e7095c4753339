package dev.belay.graph.loss;

import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TFloat32;

/**
 * Squared distance of one output per example, [B, 1] or [B], from a number per example, [B]
 * float32, summed over the examples.
 */
public final class MeanSquaredError implements Loss {

  @Override
  public LossTensors build(Ops tf, Operand<?> output) {
    requireOneOutput(output.shape());
    Placeholder<TFloat32> labels =
        tf.placeholder(TFloat32.class, Placeholder.shape(Shape.of(Shape.UNKNOWN_SIZE)));
    Operand<TFloat32> predicted =
        tf.reshape(Losses.float32(tf, output), tf.constant(new int[] {-1})); // [B]
    // Subtraction would broadcast one label over a batch; a reshape to the labels' shape refuses.
    Operand<TFloat32> matched = tf.reshape(predicted, tf.shape(labels)); // [B]
    Operand<TFloat32> squares = tf.math.squaredDifference(matched, labels);
    return Losses.of(
        tf,
        labels.asOutput(),
        tf.reduceSum(squares, tf.constant(0)),
        tf.dtypes.cast(tf.size(labels), TFloat32.class));
  }

  private static void requireOneOutput(Shape shape) {
    boolean one =
        shape.isUnknown()
            || shape.numDimensions() == 1
            || (shape.numDimensions() == 2
                && (shape.get(1) == 1 || shape.get(1) == Shape.UNKNOWN_SIZE));
    if (!one) {
      throw new IllegalArgumentException(
          "Regression needs one output per example, [B, 1] or [B]; the model's output has the shape "
              + shape
              + ". Choose another output, or a classification head.");
    }
  }
}

package dev.belay.graph.loss;

import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.ReduceAll;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * Loss that the model itself computes from its inputs and labels, such as the negative
 * log-likelihood of a conditional random field.
 *
 * <ul>
 *   <li>One value for each example, [B]: the mean over the examples; of examples with one class
 *       each, those with the class -100 do not count.
 *   <li>One value for each token, [B, T]: the mean over all tokens of the batch whose class is not
 *       -100.
 *   <li>A scalar: as it is. Over several batches, it is the mean weighted by their examples.
 * </ul>
 */
public final class OutputLoss implements Loss {
  /** Start of the error for an output that does not have the shape of the labels. */
  public static final String MISSHAPEN = "An output of the model does not fit the labels";

  private final Output<?> labels;
  private final int rank;

  /**
   * A loss of that rank.
   *
   * @param labels placeholder, [B], [B, 1] or [B, T]; int32 for classes, float32 for numbers
   * @param rank 0, 1 or, with a class for each token, 2
   */
  public OutputLoss(Output<?> labels, int rank) {
    this.labels = labels;
    this.rank = rank;
  }

  /** Whether the model gives the loss of the batch alone, which no part of the batch adds up to. */
  public boolean isOfBatch() {
    return rank == 0;
  }

  @Override
  public LossTensors build(Ops tf, Operand<?> output) {
    Operand<TFloat32> loss = Losses.float32(tf, output);
    Operand<TInt32> axis = tf.constant(0);
    Operand<TInt32> examples = tf.gather(tf.shape(labels), axis, axis); // []
    Operand<TFloat32> count = tf.dtypes.cast(examples, TFloat32.class);
    if (rank == 0) {
      return Losses.of(tf, labels, tf.math.mul(loss, count), count);
    }
    if (rank == 1 && !areClassesOfExamples()) {
      Operand<TFloat32> each = requireShape(tf, loss, tf.expandDims(examples, axis), loss); // [B]
      return Losses.of(tf, labels, tf.reduceSum(each, axis), count);
    }
    Operand<TInt32> flat = tf.constant(new int[] {-1});
    Operand<TInt32> classes = labels.expect(TInt32.class);
    Operand<TInt32> like = rank == 1 ? tf.reshape(classes, flat) : classes; // [B] or [B, T]
    Operand<TInt32> ignored = tf.constant(SparseSoftmaxCrossEntropy.IGNORED_LABEL);
    Operand<TFloat32> weights =
        tf.reshape(tf.dtypes.cast(tf.math.notEqual(like, ignored), TFloat32.class), flat); // [N]
    Operand<TFloat32> each = tf.reshape(requireShape(tf, loss, tf.shape(like), loss), flat); // [N]
    return Losses.of(
        tf, labels, tf.reduceSum(tf.math.mul(each, weights), axis), tf.reduceSum(weights, axis));
  }

  private boolean areClassesOfExamples() {
    Shape shape = labels.shape();
    boolean perExample = shape.numDimensions() == 1 || shape.get(1) == 1;
    return perExample && labels.type().equals(TInt32.class);
  }

  /**
   * The loss, computed only if the classes that the model predicts have the shape of the labels.
   *
   * @param predicted [B] or [B, T]
   */
  public Operand<?> requiringFit(Ops tf, Operand<?> loss, Operand<?> predicted) {
    Operand<TInt32> expected = tf.shape(labels);
    boolean perExample = labels.shape().numDimensions() == 2 && labels.shape().get(1) == 1;
    Operand<TInt32> wanted =
        perExample && predicted.shape().numDimensions() == 1
            ? tf.slice(expected, tf.constant(new int[] {0}), tf.constant(new int[] {1}))
            : expected;
    return requireShape(tf, Losses.float32(tf, loss), wanted, predicted);
  }

  private static Operand<TFloat32> requireShape(
      Ops tf, Operand<TFloat32> result, Operand<TInt32> expected, Operand<?> tensor) {
    Operand<TInt32> found = tf.shape(tensor);
    Op check =
        tf.assertThat(
            tf.reduceAll(tf.math.equal(found, expected), tf.constant(0), new ReduceAll.Options[0]),
            List.of(
                tf.constant(MISSHAPEN + ". Expected the shape:"),
                expected,
                tf.constant("found:"),
                found));
    return tf.withControlDependencies(List.of(check)).identity(result);
  }
}

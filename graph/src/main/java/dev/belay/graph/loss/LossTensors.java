package dev.belay.graph.loss;

import java.util.Optional;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * Loss as a sum and a weight, so that sums over parts of a batch can be added before they are
 * divided by the weight of the whole.
 *
 * @param labels placeholder
 * @param sum over all that counts, scalar
 * @param weight number that count, scalar; computed from the labels, but may be fed instead as the
 *     weight of a larger whole
 * @param count the same, never fed
 * @param mean {@code sum / weight}, and 0 where nothing counts; the gradient is taken of this
 * @param choices predictions with their labels, for a choice between classes
 */
public record LossTensors(
    Output<?> labels,
    Operand<TFloat32> sum,
    Operand<TFloat32> weight,
    Operand<TFloat32> count,
    Operand<TFloat32> mean,
    Optional<Choices> choices) {

  /** The same with another sum. */
  LossTensors withSum(Operand<TFloat32> other, Operand<TFloat32> otherMean) {
    return new LossTensors(labels, other, weight, count, otherMean, choices);
  }

  /** The same with predictions and their labels. */
  LossTensors withChoices(Choices known) {
    return new LossTensors(labels, sum, weight, count, mean, Optional.of(known));
  }

  /**
   * Predictions with their labels.
   *
   * @param logits [N, C]
   * @param labels [N]; -100 for those that do not count
   */
  public record Choices(Operand<TFloat32> logits, Operand<TInt32> labels) {

    /** The number of counted rows whose label is the likeliest class, scalar. */
    public Operand<TFloat32> right(Ops tf) {
      Operand<TInt32> best = tf.math.argMax(logits, tf.constant(1), TInt32.class); // [N]
      Operand<TFloat32> right = tf.dtypes.cast(tf.math.equal(best, labels), TFloat32.class);
      return tf.reduceSum(right, tf.constant(0));
    }
  }
}

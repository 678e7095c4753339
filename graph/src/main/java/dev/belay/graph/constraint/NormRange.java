package dev.belay.graph.constraint;

import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.ReduceSum;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * Constraint that moves the Euclidean norm {@code n} along some axes into a range, as Keras'
 * MinMaxNorm: {@code w d / (1e-7 + n)} with {@code d = rate min(max(n, least), most) + (1 - rate)
 * n}. MaxNorm is the range from 0 with rate 1, UnitNorm the range from 1 to 1.
 *
 * @param least norm
 * @param most norm
 * @param rate share of the distance that one update covers, 1 for all of it
 * @param axes that a norm sums over; each index along the other axes has a separate norm
 */
public record NormRange(double least, double most, double rate, List<Integer> axes)
    implements Constraint {
  /** Keras' fuzz factor, which keeps a weight of zeros from a division by zero. */
  private static final float EPSILON = 1e-7f;

  public NormRange {
    axes = List.copyOf(axes);
  }

  @Override
  public Operand<TFloat32> project(Ops tf, Operand<TFloat32> weight) {
    Operand<TInt32> along = tf.constant(axes.stream().mapToInt(Integer::intValue).toArray());
    Operand<TFloat32> norm =
        tf.math.sqrt(tf.reduceSum(tf.math.square(weight), along, ReduceSum.keepDims(true)));
    Operand<TFloat32> wanted =
        tf.math.minimum(
            tf.math.maximum(norm, tf.constant((float) least)), tf.constant((float) most));
    if (rate != 1) {
      wanted =
          tf.math.add(
              tf.math.mul(tf.constant((float) rate), wanted),
              tf.math.mul(tf.constant((float) (1 - rate)), norm));
    }
    return tf.math.mul(weight, tf.math.div(wanted, tf.math.add(tf.constant(EPSILON), norm)));
  }
}

package dev.belay.graph.head;

import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.ReduceSum;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/** Mean of the features of an example's tokens that are no padding. */
final class TokenMean {
  private static final float SMALLEST_COUNT = 1e-9f;

  private TokenMean() {}

  /**
   * The mean.
   *
   * @param tokens [B, T, H]
   * @param mask 1 for tokens, anything else for padding, [B, T]
   * @return [B, H]
   */
  static Operand<TFloat32> of(Ops tf, Operand<TFloat32> tokens, Output<?> mask) {
    Operand<TFloat32> seen = tf.dtypes.cast(seen(tf, mask), TFloat32.class);
    Operand<TInt32> axis = tf.constant(1);
    // Padding that is left out has the row of some token, which weighs nothing here.
    Operand<TFloat32> weighted = tf.math.mul(tokens, tf.expandDims(seen, tf.constant(2)));
    Operand<TFloat32> count = tf.reduceSum(seen, axis, ReduceSum.keepDims(true)); // [B, 1]
    return tf.math.div(
        tf.reduceSum(weighted, axis), tf.math.maximum(count, tf.constant(SMALLEST_COUNT)));
  }

  /** 1 for tokens, 0 for padding, [B, T]. */
  static Operand<TInt32> seen(Ops tf, Output<?> mask) {
    return tf.dtypes.cast(tf.math.equal(mask.expect(TInt32.class), tf.constant(1)), TInt32.class);
  }
}

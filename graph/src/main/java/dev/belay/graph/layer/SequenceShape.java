package dev.belay.graph.layer;

import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TType;

/**
 * Numbers of examples and tokens of a call, known only at run time.
 *
 * @param batch B, scalar
 * @param length T, scalar
 */
public record SequenceShape(Operand<TInt32> batch, Operand<TInt32> length) {

  /** The extent of token ids [B, T]. */
  public static SequenceShape of(Ops tf, Operand<? extends TType> ids) {
    Operand<TInt32> shape = tf.shape(ids);
    Operand<TInt32> axis = tf.constant(0);
    return new SequenceShape(
        tf.gather(shape, tf.constant(0), axis), tf.gather(shape, tf.constant(1), axis));
  }

  /** The same examples with another number of tokens. */
  public SequenceShape withLength(Operand<TInt32> tokens) {
    return new SequenceShape(batch, tokens);
  }

  /** The row of each example's last token: [N, size] to [B, size]. */
  public Operand<TFloat32> last(Ops tf, Operand<TFloat32> rows) {
    Operand<TInt32> one = tf.constant(1);
    Operand<TInt32> ends =
        tf.math.sub(
            tf.math.mul(tf.range(one, tf.math.add(batch, one), one), length),
            one); // [B], T - 1 and so on
    return tf.gather(rows, ends, tf.constant(0));
  }

  /**
   * The row of each example's last marked token: [N, size] to [B, size].
   *
   * @param marks 1 or 0 for each token, [B, T]
   */
  public Operand<TFloat32> lastMarked(Ops tf, Operand<TFloat32> rows, Operand<TInt32> marks) {
    Operand<TInt32> zero = tf.constant(0);
    Operand<TInt32> one = tf.constant(1);
    Operand<TInt32> positions = tf.range(zero, length, one); // [T]
    Operand<TInt32> last = tf.max(tf.math.mul(marks, positions), one); // [B]
    return at(tf, rows, last);
  }

  /**
   * One row of each example.
   *
   * @param rows [N, size] or [N]
   * @param positions from 0 to T - 1, [B]
   * @return [B, size] or [B]
   */
  public <T extends TType> Operand<T> at(Ops tf, Operand<T> rows, Operand<TInt32> positions) {
    Operand<TInt32> zero = tf.constant(0);
    Operand<TInt32> first = tf.math.mul(tf.range(zero, batch, tf.constant(1)), length); // [B]
    return tf.gather(rows, tf.math.add(first, positions), zero);
  }

  /** [N, size] to [B, T, size]. */
  public Operand<TFloat32> perExample(Ops tf, Operand<TFloat32> rows, int size) {
    return tf.reshape(rows, tf.stack(List.of(batch, length, tf.constant(size))));
  }
}

package dev.belay.graph.layer;

import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * Embedding table with a row for each word, position or type.
 *
 * @param rows [count, size]
 * @param size of a row
 */
public record Table(Operand<TFloat32> rows, int size) {

  /** A table of exactly that name. */
  public static Table declare(Parameters parameters, String name, long count, int size) {
    return new Table(parameters.table(name, count, size), size);
  }

  /**
   * The row of each id.
   *
   * @param ids of any shape, N in all
   * @return [N, size]
   */
  public Operand<TFloat32> look(Ops tf, Operand<TInt32> ids) {
    return tf.gather(rows, tf.reshape(ids, tf.constant(new int[] {-1})), tf.constant(0));
  }

  /**
   * The row of each id, where the row of one id never trains: PyTorch's {@code padding_idx}.
   *
   * @return [N, size]
   */
  public Operand<TFloat32> lookExcept(Ops tf, Operand<TInt32> ids, int untrained) {
    Operand<TFloat32> found = look(tf, ids);
    Operand<TInt32> flat = tf.reshape(ids, tf.constant(new int[] {-1, 1})); // [N, 1]
    Operand<TFloat32> trains =
        tf.dtypes.cast(
            tf.math.notEqual(flat, tf.constant(untrained)), TFloat32.class); // [N, 1]
    Operand<TFloat32> kept = tf.math.sub(tf.constant(1f), trains);
    return tf.math.add(tf.math.mul(found, trains), tf.math.mul(tf.stopGradient(found), kept));
  }

  /**
   * The first rows.
   *
   * @param count how many, scalar
   * @return [count, size]
   */
  public Operand<TFloat32> first(Ops tf, Operand<TInt32> count) {
    return tf.slice(
        rows, tf.constant(new int[] {0, 0}), tf.stack(List.of(count, tf.constant(size))));
  }
}

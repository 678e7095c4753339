package dev.belay.graph.layer;

import dev.belay.graph.variable.HeldRows;
import java.util.List;
import java.util.Optional;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * Embedding table with a row for each word, position or type.
 *
 * @param rows [count, size]
 * @param size of a row
 * @param held the rows that the graph holds, if it does not hold the whole table; then nothing but
 *     {@link #look} may read it
 */
public record Table(Operand<TFloat32> rows, int size, Optional<HeldRows> held) {

  /** A whole table. */
  public Table(Operand<TFloat32> rows, int size) {
    this(rows, size, Optional.empty());
  }

  /** A table of exactly that name. */
  public static Table declare(Parameters parameters, String name, long count, int size) {
    return new Table(parameters.table(name, count, size), size);
  }

  /** The table of words of exactly that name, of which the graph may hold some rows alone. */
  public static Table ofWords(Parameters parameters, String name, long count, int size) {
    return new Table(parameters.table(name, count, size), size, parameters.held(name));
  }

  /**
   * The row of each id.
   *
   * @param ids of any shape, N in all
   * @return [N, size]
   */
  public Operand<TFloat32> look(Ops tf, Operand<TInt32> ids) {
    Operand<TInt32> flat = tf.reshape(ids, tf.constant(new int[] {-1})); // [N]
    Operand<TInt32> zero = tf.constant(0);
    Operand<TInt32> own =
        held.isPresent() ? tf.gather(tf.constant(held.get().rows()), flat, zero) : flat;
    return tf.gather(rows, own, zero);
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
        tf.dtypes.cast(tf.math.notEqual(flat, tf.constant(untrained)), TFloat32.class); // [N, 1]
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

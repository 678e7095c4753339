package dev.belay.graph.layer;

import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * Relative positions in attention, arXiv 1803.02155 and 2009.13658: each distance between a query
 * and a key has a vector. Its products with queries, and optionally with keys, are added to the
 * products of queries and keys.
 *
 * @param distances a vector for each distance, from {@code 1 - farthest} to {@code farthest - 1},
 *     [2 * farthest - 1, D]
 * @param farthest largest number of tokens of an example
 * @param form form in which products are added
 */
public record RelativeKeys(Table distances, int farthest, Form form) {

  /**
   * Form in which distances are added.
   *
   * @param byKeys whether keys are multiplied by distances as queries are
   * @param scaled whether that sum is scaled like the products of queries and keys, as in BERT;
   *     ALBERT scales the products alone
   */
  public record Form(boolean byKeys, boolean scaled) {}

  /** With {@code NAME.weight}. */
  public static RelativeKeys declare(
      Parameters parameters, String name, int farthest, int headSize, Form form) {
    return new RelativeKeys(
        Table.declare(parameters.within(name), "weight", 2L * farthest - 1, headSize),
        farthest,
        form);
  }

  /**
   * The terms added to the products of each head, unscaled.
   *
   * @param query [B, A, Q, D], of the first Q tokens
   * @param key [B, A, K, D]
   * @param queries B and Q
   * @param keys B and K
   * @return [B, A, Q, K]
   */
  Operand<TFloat32> products(
      Ops tf, Operand<TFloat32> query, Operand<TFloat32> key, Extent queries, Extent keys) {
    Operand<TFloat32> vectors = vectors(tf, queries.length(), keys.length()); // [Q, K, D]
    Operand<TFloat32> byQueries = perToken(tf, query, queries, vectors, keys); // [B, A, Q, K]
    if (!form.byKeys()) {
      return byQueries;
    }
    Operand<TFloat32> ofKeys =
        tf.linalg.transpose(vectors, tf.constant(new int[] {1, 0, 2})); // [K, Q, D]
    Operand<TFloat32> byKeys = perToken(tf, key, keys, ofKeys, queries); // [B, A, K, Q]
    return tf.math.add(byQueries, tf.linalg.transpose(byKeys, tf.constant(new int[] {0, 1, 3, 2})));
  }

  /** The vectors of the distances between queries and keys, [Q, K, D]. */
  private Operand<TFloat32> vectors(Ops tf, Operand<TInt32> queries, Operand<TInt32> keys) {
    Operand<TInt32> zero = tf.constant(0);
    Operand<TInt32> one = tf.constant(1);
    Operand<TInt32> rows = tf.expandDims(tf.range(zero, queries, one), one); // [Q, 1]
    Operand<TInt32> distance = tf.math.sub(rows, tf.range(zero, keys, one)); // [Q, K]
    return tf.gather(distances.rows(), tf.math.add(distance, tf.constant(farthest - 1)), zero);
  }

  /**
   * The product of each token with the vectors of its distances.
   *
   * @param x [B, A, M, D]
   * @param vectors [M, N, D]
   * @return [B, A, M, N]
   */
  private Operand<TFloat32> perToken(
      Ops tf, Operand<TFloat32> x, Extent of, Operand<TFloat32> vectors, Extent others) {
    Operand<TFloat32> byToken =
        tf.linalg.transpose(x, tf.constant(new int[] {2, 0, 1, 3})); // [M, B, A, D]
    Operand<TInt32> open = tf.constant(-1);
    Operand<TFloat32> rows =
        tf.reshape(
            byToken,
            tf.stack(List.of(of.length(), open, tf.constant(distances.size())))); // [M, B * A, D]
    Operand<TFloat32> products = Heads.product(tf, rows, vectors, true); // [M, B * A, N]
    Operand<TFloat32> perHead =
        tf.reshape(
            products,
            tf.stack(List.of(of.length(), of.batch(), open, others.length()))); // [M, B, A, N]
    return tf.linalg.transpose(perHead, tf.constant(new int[] {1, 2, 0, 3}));
  }
}

package dev.belay.graph.layer;

import java.util.List;
import java.util.Optional;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * Distances that disentangled attention reads, arXiv 2006.03654: queries are multiplied by keys of
 * the distances, and keys by queries of the distances.
 *
 * @param buckets numbers of the distances, R in all
 * @param keys a key of each number, [R, A * D]; empty: queries are multiplied by none
 * @param queries a query of each number, [R, A * D]; empty: keys are multiplied by none
 */
public record DistanceTerms(
    DistanceBuckets buckets,
    Optional<Operand<TFloat32>> keys,
    Optional<Operand<TFloat32>> queries) {

  /**
   * Sizes of an attention.
   *
   * @param heads A
   * @param size D
   * @param between B and Q, B and K; the queries are those of the first Q tokens
   */
  record Extent(int heads, int size, Heads.Between between) {
    Operand<TInt32> asked() {
      return between.queries().length();
    }

    Operand<TInt32> known() {
      return between.keys().length();
    }
  }

  /**
   * The terms added to the products of each head.
   *
   * @param query [A, B, Q, D]
   * @param key [A, B, K, D]
   * @return [A, B, Q, K]; empty if there are none
   */
  Optional<Operand<TFloat32>> products(
      Ops tf, Operand<TFloat32> query, Operand<TFloat32> key, Extent extent) {
    Optional<Operand<TFloat32>> byKeys =
        keys.map(rows -> perPair(tf, query, descending(tf, rows, extent), extent.asked(), extent));
    Optional<Operand<TFloat32>> byQueries =
        queries.map(
            rows ->
                tf.linalg.transpose(
                    perPair(tf, key, ascending(tf, rows, extent), extent.known(), extent),
                    tf.constant(new int[] {0, 1, 3, 2}))); // [A, B, K, Q] to [A, B, Q, K]
    return byKeys.isPresent() && byQueries.isPresent()
        ? Optional.of(tf.math.add(byKeys.get(), byQueries.get()))
        : byKeys.or(() -> byQueries);
  }

  /** The rows of the distances from {@code Q - 1} down to {@code -K}, [A, Q + K, D]. */
  private Operand<TFloat32> descending(Ops tf, Operand<TFloat32> rows, Extent extent) {
    Operand<TInt32> one = tf.constant(1);
    return rows(
        tf,
        rows,
        tf.range(
            tf.math.sub(extent.asked(), one),
            tf.math.sub(tf.math.neg(extent.known()), one),
            tf.constant(-1)),
        extent);
  }

  /** The rows of the distances from {@code 1 - K} up to {@code Q}, [A, Q + K, D]. */
  private Operand<TFloat32> ascending(Ops tf, Operand<TFloat32> rows, Extent extent) {
    Operand<TInt32> one = tf.constant(1);
    return rows(
        tf,
        rows,
        tf.range(tf.math.sub(one, extent.known()), tf.math.add(extent.asked(), one), one),
        extent);
  }

  private Operand<TFloat32> rows(
      Ops tf, Operand<TFloat32> rows, Operand<TInt32> distances, Extent extent) {
    Operand<TFloat32> found = tf.gather(rows, buckets.of(tf, distances), tf.constant(0));
    Operand<TFloat32> perHead =
        tf.reshape(found, tf.constant(new int[] {-1, extent.heads(), extent.size()}));
    return tf.linalg.transpose(perHead, tf.constant(new int[] {1, 0, 2}));
  }

  /**
   * The product of each token with the row of its distance to each other token. All products of
   * tokens and rows are made by one multiplication; the row of a pair is one further to the left
   * for each next token, so that a shift by one element in each row of the products brings the
   * pairs into columns.
   *
   * @param x [A, B, M, D]
   * @param rows of the distances of the last token, then those of the token before it, which begin
   *     one later, [A, Q + K, D]
   * @param tokens M, Q or K; the other number is that of the others, N
   * @return [A, B, M, N]
   */
  private static Operand<TFloat32> perPair(
      Ops tf, Operand<TFloat32> x, Operand<TFloat32> rows, Operand<TInt32> tokens, Extent extent) {
    Operand<TInt32> one = tf.constant(1);
    Operand<TInt32> heads = tf.constant(extent.heads());
    Operand<TInt32> batch = extent.between().keys().batch();
    Operand<TInt32> all = tf.math.add(extent.asked(), extent.known()); // Q + K
    Operand<TInt32> others = tf.math.sub(all, tokens); // N
    Operand<TInt32> fewer = tf.math.sub(all, one);
    Operand<TFloat32> flat =
        tf.reshape(
            x,
            tf.stack(List.of(heads, tf.constant(-1), tf.constant(extent.size())))); // [A, B M, D]
    Operand<TFloat32> products = Heads.product(tf, flat, rows, true); // [A, B M, Q + K]
    Operand<TFloat32> lines =
        tf.reshape(
            products,
            tf.stack(List.of(tf.math.mul(heads, batch), tf.math.mul(tokens, all)))); // [A B, ..]
    Operand<TInt32> open = tf.constant(-1);
    Operand<TFloat32> shifted =
        tf.slice(
            lines,
            tf.stack(List.of(tf.constant(0), tf.math.sub(tokens, one))),
            tf.stack(List.of(open, tf.math.mul(tokens, fewer))));
    Operand<TFloat32> pairs =
        tf.reshape(shifted, tf.stack(List.of(heads, batch, tokens, fewer))); // [A, B, M, Q + K - 1]
    return tf.slice(
        pairs, tf.constant(new int[] {0, 0, 0, 0}), tf.stack(List.of(open, open, open, others)));
  }
}

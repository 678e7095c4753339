package dev.belay.graph.layer;

import java.util.List;
import java.util.Optional;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * Multi-head attention of DeBERTa, arXiv 2006.03654, whose scores are products of contents, and of
 * contents with distances.
 *
 * @param count A
 * @param size D
 * @param scale factor of queries, of contents and of distances alike: {@code 1 / sqrt(D * terms)}
 * @param dropout of the attention weights
 */
public record DisentangledHeads(int count, int size, double scale, double dropout) {
  private static final int[] HEADS_FIRST = {2, 0, 1, 3};
  private static final int[] HEADS_THIRD = {1, 2, 0, 3};

  /**
   * Attends.
   *
   * @param rows of queries of the first Q tokens, and of all keys and values
   * @param between B and Q, B and K
   * @param distances whose queries are scaled; empty: attention reads none
   * @param mask of the pairs of queries and keys
   * @return [B * Q, A * D]
   */
  public Operand<TFloat32> attend(
      ForwardContext pass,
      Heads.Projected rows,
      Heads.Between between,
      Optional<DistanceTerms> distances,
      PairMask mask) {
    Ops tf = pass.tf();
    Operand<TFloat32> query =
        split(tf, scaled(tf, rows.query()), between.queries()); // [A, B, Q, D]
    Operand<TFloat32> key = split(tf, rows.key(), between.keys()); // [A, B, K, D]
    Operand<TFloat32> value = split(tf, rows.value(), between.keys());
    Operand<TFloat32> contents = Heads.product(tf, query, key, true); // [A, B, Q, K]
    Operand<TFloat32> sum =
        distances
            .flatMap(
                terms ->
                    terms.products(tf, query, key, new DistanceTerms.Extent(count, size, between)))
            .<Operand<TFloat32>>map(terms -> tf.math.add(contents, terms))
            .orElse(contents);
    Operand<TFloat32> scores = tf.math.add(tf.math.mul(sum, mask.visible()), mask.bias());
    Operand<TFloat32> weights = pass.dropout(tf.nn.softmax(scores), dropout);
    return join(tf, Heads.product(tf, weights, value, false));
  }

  /** Queries times their factor. */
  public Operand<TFloat32> scaled(Ops tf, Operand<TFloat32> queries) {
    return tf.math.mul(queries, tf.constant((float) scale));
  }

  private Operand<TFloat32> split(Ops tf, Operand<TFloat32> rows, SequenceShape extent) {
    Operand<TFloat32> heads =
        tf.reshape(
            rows,
            tf.stack(
                List.of(extent.batch(), extent.length(), tf.constant(count), tf.constant(size))));
    return tf.linalg.transpose(heads, tf.constant(HEADS_FIRST)); // [A, B, T, D]
  }

  private Operand<TFloat32> join(Ops tf, Operand<TFloat32> heads) {
    Operand<TFloat32> together =
        tf.linalg.transpose(heads, tf.constant(HEADS_THIRD)); // [B, Q, A, D]
    return tf.reshape(together, tf.constant(new int[] {-1, count * size}));
  }
}

package dev.belay.graph.layer;

import java.util.List;
import java.util.Optional;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Unstack;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * Multi-head attention over projected rows, arXiv 1706.03762.
 *
 * @param count A
 * @param size D
 * @param scale factor of the products of queries and keys: {@code 1 / sqrt(D)}, or 1 (T5)
 * @param dropout of the attention weights
 */
public record Heads(int count, int size, double scale, double dropout) {

  /** Heads whose products are divided by the square root of the head size. */
  public static Heads scaled(int count, int size, double dropout) {
    return new Heads(count, size, 1 / Math.sqrt(size), dropout);
  }

  /**
   * Checks that the heads divide the hidden size.
   *
   * @throws IllegalArgumentException if it is not a multiple of their number
   */
  public static void requireParts(int hidden, int heads) {
    if (hidden % heads != 0) {
      throw new IllegalArgumentException(
          "The hidden size must be a multiple of the heads, since each head has a part of it; found "
              + hidden
              + " for "
              + heads
              + " heads.");
    }
  }

  /** A * D, the width of the output. */
  public int width() {
    return count * size;
  }

  /**
   * Attends: the weighted sum of values for each query.
   *
   * @param queries B and Q
   * @param keys B and K
   * @param bias added to the products: [B or 1, A or 1, Q or 1, K]
   * @return [B * Q, A * D]
   */
  public Operand<TFloat32> attend(
      Pass pass, Projected rows, Extent queries, Extent keys, Optional<Operand<TFloat32>> bias) {
    Ops tf = pass.tf();
    return mix(pass, perHead(tf, scaled(tf, rows.query()), rows, queries, keys), bias);
  }

  /**
   * As above, with terms for the distances of tokens.
   *
   * @param relative terms for each distance
   * @param bias added after that
   */
  public Operand<TFloat32> attend(
      Pass pass, Projected rows, Between between, RelativeKeys relative, Operand<TFloat32> bias) {
    Ops tf = pass.tf();
    Extent queries = between.queries();
    Extent keys = between.keys();
    PerHead heads = perHead(tf, rows.query(), rows, queries, keys);
    Operand<TFloat32> distances =
        relative.products(tf, heads.query(), heads.key(), queries, keys); // [B, A, Q, K]
    PerHead scaled = new PerHead(scaled(tf, heads.query()), heads.key(), heads.value());
    Operand<TFloat32> added = relative.form().scaled() ? scaled(tf, distances) : distances;
    return mix(pass, scaled, Optional.of(tf.math.add(added, bias)));
  }

  /**
   * Sizes of an attention.
   *
   * @param queries B and Q
   * @param keys B and K
   */
  public record Between(Extent queries, Extent keys) {}

  private Operand<TFloat32> scaled(Ops tf, Operand<TFloat32> x) {
    return scale == 1 ? x : tf.math.mul(x, tf.constant((float) scale));
  }

  private PerHead perHead(
      Ops tf, Operand<TFloat32> query, Projected rows, Extent queries, Extent keys) {
    return new PerHead(
        split(tf, query, queries), split(tf, rows.key(), keys), split(tf, rows.value(), keys));
  }

  /**
   * Self-attention of tokens whose queries, keys and values are projected by one product.
   *
   * @param rows queries, keys and values of each token, concatenated: [B * T, 3 * A * D]
   * @param bias as above
   * @return [B * T, A * D]
   */
  public Operand<TFloat32> attendTogether(
      Pass pass, Operand<TFloat32> rows, Extent extent, Optional<Operand<TFloat32>> bias) {
    Ops tf = pass.tf();
    List<Operand<TInt32>> sizes =
        List.of(
            extent.batch(), extent.length(), tf.constant(3), tf.constant(count), tf.constant(size));
    Operand<TFloat32> heads =
        tf.linalg.transpose(
            tf.reshape(rows, tf.stack(sizes)),
            tf.constant(new int[] {2, 0, 3, 1, 4})); // [3, B, A, T, D]
    List<Output<TFloat32>> each = tf.unstack(heads, 3L, Unstack.axis(0L)).output();
    return mix(pass, new PerHead(scaled(tf, each.get(0)), each.get(1), each.get(2)), bias);
  }

  /** Projections split into heads: queries [B, A, Q, D], keys and values [B, A, K, D]. */
  private record PerHead(Operand<TFloat32> query, Operand<TFloat32> key, Operand<TFloat32> value) {}

  private Operand<TFloat32> mix(Pass pass, PerHead heads, Optional<Operand<TFloat32>> bias) {
    Ops tf = pass.tf();
    Operand<TFloat32> products = product(tf, heads.query(), heads.key(), true); // [B, A, Q, K]
    Operand<TFloat32> biased = bias.isPresent() ? tf.math.add(products, bias.get()) : products;
    Operand<TFloat32> weights = pass.dropout(tf.nn.softmax(biased), dropout);
    return join(tf, product(tf, weights, heads.value(), false)); // [B * Q, A * D]
  }

  /**
   * Projected rows of one attention.
   *
   * @param query [B * Q, A * D]
   * @param key [B * K, A * D]
   * @param value [B * K, A * D]
   */
  public record Projected(
      Operand<TFloat32> query, Operand<TFloat32> key, Operand<TFloat32> value) {}

  private Operand<TFloat32> split(Ops tf, Operand<TFloat32> rows, Extent extent) {
    Operand<TFloat32> heads =
        tf.reshape(
            rows,
            tf.stack(
                List.of(extent.batch(), extent.length(), tf.constant(count), tf.constant(size))));
    return tf.linalg.transpose(heads, tf.constant(new int[] {0, 2, 1, 3})); // [B, A, T, D]
  }

  private Operand<TFloat32> join(Ops tf, Operand<TFloat32> heads) {
    Operand<TFloat32> together = tf.linalg.transpose(heads, tf.constant(new int[] {0, 2, 1, 3}));
    return tf.reshape(together, tf.constant(new int[] {-1, width()}));
  }

  /** The runtime can differentiate BatchMatMul, but not the versions that broadcast. */
  static Operand<TFloat32> product(
      Ops tf, Operand<TFloat32> x, Operand<TFloat32> y, boolean transposed) {
    return tf.scope()
        .opBuilder("BatchMatMul", "BatchMatMul")
        .addInput(x.asOutput())
        .addInput(y.asOutput())
        .setAttr("adj_y", transposed)
        .build()
        .<TFloat32>output(0);
  }
}

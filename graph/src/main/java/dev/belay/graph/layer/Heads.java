package dev.belay.graph.layer;

import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
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
 * @param keys heads of keys and values, which groups of A / keys queries share, arXiv 2305.13245
 * @param size D
 * @param scale factor of the products of queries and keys: {@code 1 / sqrt(D)}, or 1 (T5)
 * @param dropout of the attention weights
 */
public record Heads(int count, int keys, int size, double scale, double dropout) {

  /** Heads of which each has its own keys. */
  public Heads(int count, int size, double scale, double dropout) {
    this(count, count, size, scale, dropout);
  }

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
          "The hidden size must be a multiple of the heads, since each head has a part of it; found"
              + " "
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
      ForwardContext pass,
      Projected rows,
      SequenceShape queries,
      SequenceShape keys,
      Optional<Operand<TFloat32>> bias) {
    Ops tf = pass.tf();
    PerHead heads = perHead(tf, scaled(tf, rows.query()), rows, queries, keys);
    return mix(pass, heads, new Between(queries, keys), bias);
  }

  /**
   * Self-attention.
   *
   * @param rows of all tokens
   * @param visible the tokens, their positions, and what each sees
   * @return [B * T, A * D]
   */
  public Operand<TFloat32> attend(ForwardContext pass, Projected rows, Visible visible) {
    Ops tf = pass.tf();
    SequenceShape extent = visible.extent();
    return attend(pass, perHead(tf, scaled(tf, rows.query()), rows, extent, extent), visible);
  }

  private Operand<TFloat32> attend(ForwardContext pass, PerHead heads, Visible visible) {
    Ops tf = pass.tf();
    KeyValueCache.KeyValues all =
        visible.all(
            tf,
            new KeyValueCache.KeyValues(visible.positioned(tf, heads.key(), size), heads.value()),
            keys,
            size);
    return mix(
        pass,
        new PerHead(visible.positioned(tf, heads.query(), size), all.keys(), all.values()),
        new Between(visible.extent(), visible.seen()),
        visible.bias());
  }

  /**
   * Attends to keys and values that were made before.
   *
   * @param query rows, [B * Q, A * D]
   * @param known keys and values, [B, keys, K, D]
   * @param between B and Q, B and K
   * @param bias added to the products: [B or 1, A or 1, Q or 1, K]
   * @return [B * Q, A * D]
   */
  public Operand<TFloat32> attendTo(
      ForwardContext pass,
      Operand<TFloat32> query,
      KeyValueCache.KeyValues known,
      Between between,
      Operand<TFloat32> bias) {
    Ops tf = pass.tf();
    Operand<TFloat32> queries = split(tf, scaled(tf, query), between.queries(), count);
    return mix(
        pass, new PerHead(queries, known.keys(), known.values()), between, Optional.of(bias));
  }

  /** Keys and values of rows, [B * K, keys * D], as {@link #attendTo} reads them. */
  public KeyValueCache.KeyValues known(
      Ops tf, Operand<TFloat32> key, Operand<TFloat32> value, SequenceShape extent) {
    return new KeyValueCache.KeyValues(
        split(tf, key, extent, keys), split(tf, value, extent, keys));
  }

  /**
   * As above, with terms for the distances of tokens.
   *
   * @param relative terms for each distance
   * @param bias added after that
   */
  public Operand<TFloat32> attend(
      ForwardContext pass,
      Projected rows,
      Between between,
      RelativeKeys relative,
      Operand<TFloat32> bias) {
    Ops tf = pass.tf();
    SequenceShape queries = between.queries();
    SequenceShape keys = between.keys();
    PerHead heads = perHead(tf, rows.query(), rows, queries, keys);
    Operand<TFloat32> distances =
        relative.products(tf, heads.query(), heads.key(), queries, keys); // [B, A, Q, K]
    PerHead scaled = new PerHead(scaled(tf, heads.query()), heads.key(), heads.value());
    Operand<TFloat32> added = relative.form().scaled() ? scaled(tf, distances) : distances;
    return mix(pass, scaled, between, Optional.of(tf.math.add(added, bias)));
  }

  /**
   * Sizes of an attention.
   *
   * @param queries B and Q
   * @param keys B and K
   */
  public record Between(SequenceShape queries, SequenceShape keys) {}

  private Operand<TFloat32> scaled(Ops tf, Operand<TFloat32> x) {
    return scale == 1 ? x : tf.math.mul(x, tf.constant((float) scale));
  }

  private PerHead perHead(
      Ops tf, Operand<TFloat32> query, Projected rows, SequenceShape queries, SequenceShape keys) {
    return new PerHead(
        split(tf, query, queries, count),
        split(tf, rows.key(), keys, this.keys),
        split(tf, rows.value(), keys, this.keys));
  }

  /** Order of queries, keys and values that one product makes. */
  public enum Together {
    /** All queries, all keys, all values: GPT-2. */
    BY_KIND,
    /** Query, key and value of each head: GPT-NeoX. */
    BY_HEAD
  }

  /**
   * Self-attention of tokens whose queries, keys and values are projected by one product.
   *
   * @param rows queries, keys and values of each token: [B * T, 3 * A * D]
   * @param order of them
   * @param visible the tokens, their positions, and what each sees
   * @return [B * T, A * D]
   */
  public Operand<TFloat32> attendTogether(
      ForwardContext pass, Operand<TFloat32> rows, Together order, Visible visible) {
    Ops tf = pass.tf();
    List<Output<TFloat32>> each = kinds(tf, rows, 3, order, visible.extent());
    return attend(pass, new PerHead(scaled(tf, each.get(0)), each.get(1), each.get(2)), visible);
  }

  /**
   * Attention whose keys and values are projected by one product.
   *
   * @param query rows of queries, [B * Q, A * D]
   * @param rows keys, then values of each token: [B * K, 2 * A * D]
   * @param between B, Q and K
   * @param bias added to the products
   * @return [B * Q, A * D]
   */
  public Operand<TFloat32> attendPairs(
      ForwardContext pass,
      Operand<TFloat32> query,
      Operand<TFloat32> rows,
      Between between,
      Operand<TFloat32> bias) {
    Ops tf = pass.tf();
    List<Output<TFloat32>> each = kinds(tf, rows, 2, Together.BY_KIND, between.keys());
    Operand<TFloat32> queries = split(tf, scaled(tf, query), between.queries(), count);
    return mix(pass, new PerHead(queries, each.get(0), each.get(1)), between, Optional.of(bias));
  }

  /** What one product makes of each token, split into heads: [B, A, T, D] each. */
  private List<Output<TFloat32>> kinds(
      Ops tf, Operand<TFloat32> rows, int number, Together order, SequenceShape extent) {
    boolean byKind = order == Together.BY_KIND;
    Operand<TInt32> kinds = tf.constant(number);
    Operand<TInt32> heads = tf.constant(count);
    List<Operand<TInt32>> sizes =
        List.of(
            extent.batch(),
            extent.length(),
            byKind ? kinds : heads,
            byKind ? heads : kinds,
            tf.constant(size));
    int[] kindFirst = byKind ? new int[] {2, 0, 3, 1, 4} : new int[] {3, 0, 2, 1, 4};
    Operand<TFloat32> split =
        tf.linalg.transpose(
            tf.reshape(rows, tf.stack(sizes)), tf.constant(kindFirst)); // [kinds, B, A, T, D]
    return tf.unstack(split, (long) number, Unstack.axis(0L)).output();
  }

  /** Projections split into heads: queries [B, A, Q, D], keys and values [B, keys, K, D]. */
  private record PerHead(Operand<TFloat32> query, Operand<TFloat32> key, Operand<TFloat32> value) {}

  private Operand<TFloat32> mix(
      ForwardContext pass, PerHead heads, Between between, Optional<Operand<TFloat32>> bias) {
    Ops tf = pass.tf();
    // Made where they are needed alone, so that no node is left without a reader.
    Supplier<Operand<TInt32>> others = () -> between.keys().length();
    Supplier<Operand<TInt32>> width = () -> tf.constant(size);
    Operand<TFloat32> grouped = grouped(tf, heads.query(), between, width);
    Operand<TFloat32> products =
        perQuery(tf, product(tf, grouped, heads.key(), true), between, others); // [B, A, Q, K]
    Operand<TFloat32> biased = bias.isPresent() ? tf.math.add(products, bias.get()) : products;
    Operand<TFloat32> weights = pass.dropout(tf.nn.softmax(biased), dropout);
    Operand<TFloat32> sums =
        product(tf, grouped(tf, weights, between, others), heads.value(), false);
    return join(tf, perQuery(tf, sums, between, width)); // [B * Q, A * D]
  }

  /** Queries that share keys, one below the other: [B, A, Q, n] to [B, keys, A / keys * Q, n]. */
  private Operand<TFloat32> grouped(
      Ops tf, Operand<TFloat32> x, Between between, Supplier<Operand<TInt32>> last) {
    return keys == count
        ? x
        : tf.reshape(
            x,
            tf.stack(
                List.of(
                    between.queries().batch(), tf.constant(keys), tf.constant(-1), last.get())));
  }

  /** The way back, to [B, A, Q, n]. */
  private Operand<TFloat32> perQuery(
      Ops tf, Operand<TFloat32> x, Between between, Supplier<Operand<TInt32>> last) {
    return keys == count
        ? x
        : tf.reshape(
            x,
            tf.stack(
                List.of(
                    between.queries().batch(),
                    tf.constant(count),
                    between.queries().length(),
                    last.get())));
  }

  /**
   * Projected rows of one attention.
   *
   * @param query [B * Q, A * D]
   * @param key [B * K, keys * D]
   * @param value [B * K, keys * D]
   */
  public record Projected(
      Operand<TFloat32> query, Operand<TFloat32> key, Operand<TFloat32> value) {}

  private Operand<TFloat32> split(
      Ops tf, Operand<TFloat32> rows, SequenceShape extent, int number) {
    Operand<TFloat32> heads =
        tf.reshape(
            rows,
            tf.stack(
                List.of(extent.batch(), extent.length(), tf.constant(number), tf.constant(size))));
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

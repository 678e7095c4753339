package dev.belay.graph.layer;

import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/** Bias added to attention scores so that hidden positions get no weight. */
public final class AttentionBias {
  private static final float HIDDEN = -10_000f; // as in google-research/bert and Hugging Face

  private AttentionBias() {}

  /**
   * Hides positions.
   *
   * @param hidden 1 for those that are hidden, 0 for others
   */
  public static Operand<TFloat32> hide(Ops tf, Operand<TFloat32> hidden) {
    return tf.math.mul(hidden, tf.constant(HIDDEN));
  }

  /**
   * Hides padding.
   *
   * @param mask 1 for tokens, less for those that are hidden, [B, T]
   * @return [B, 1, 1, T]
   */
  public static Operand<TFloat32> padding(Ops tf, Operand<TInt32> mask, SequenceShape extent) {
    Operand<TFloat32> padding =
        tf.math.sub(tf.constant(1f), tf.dtypes.cast(mask, TFloat32.class)); // [B, T]
    return tf.reshape(
        tf.math.mul(padding, tf.constant(HIDDEN)),
        tf.stack(List.of(extent.batch(), tf.constant(1), tf.constant(1), extent.length())));
  }

  /**
   * Hides later tokens from each token.
   *
   * @param length T
   * @return [T, T]
   */
  public static Operand<TFloat32> causal(Ops tf, Operand<TInt32> length) {
    return causal(tf, length, length);
  }

  /**
   * Hides later tokens from each of the first tokens.
   *
   * @param queries Q
   * @param keys K
   * @return [Q, K]
   */
  public static Operand<TFloat32> causal(Ops tf, Operand<TInt32> queries, Operand<TInt32> keys) {
    Operand<TInt32> zero = tf.constant(0);
    Operand<TInt32> one = tf.constant(1);
    Operand<TInt32> rows = tf.expandDims(tf.range(zero, queries, one), one); // [Q, 1]
    Operand<TFloat32> later =
        tf.dtypes.cast(tf.math.greater(tf.range(zero, keys, one), rows), TFloat32.class); // [Q, K]
    return tf.math.mul(later, tf.constant(HIDDEN));
  }

  /**
   * Hides tokens that are too far before each token.
   *
   * @param length T
   * @param tokens how many each sees, itself among them
   * @return [T, T]
   */
  public static Operand<TFloat32> window(Ops tf, Operand<TInt32> length, int tokens) {
    return window(tf, length, length, tokens);
  }

  /**
   * Hides tokens that are too far before each of the last tokens.
   *
   * @param queries Q
   * @param keys K
   * @param tokens how many each sees, itself among them
   * @return [Q, K]
   */
  public static Operand<TFloat32> window(
      Ops tf, Operand<TInt32> queries, Operand<TInt32> keys, int tokens) {
    Operand<TInt32> distance = distance(tf, queries, keys); // [Q, K]
    Operand<TFloat32> far =
        tf.dtypes.cast(
            tf.math.greaterEqual(distance, tf.constant(tokens)), TFloat32.class); // [Q, K]
    return tf.math.mul(far, tf.constant(HIDDEN));
  }

  /**
   * Hides tokens that are too far from each token, to either side.
   *
   * @param length T
   * @param reach largest distance at which a token is seen
   * @return [T, T]
   */
  public static Operand<TFloat32> around(Ops tf, Operand<TInt32> length, int reach) {
    Operand<TInt32> distance = tf.math.abs(distance(tf, length, length)); // [T, T]
    return hide(tf, tf.dtypes.cast(tf.math.greater(distance, tf.constant(reach)), TFloat32.class));
  }

  /**
   * Marks the tokens that see any token.
   *
   * @param bias [B, 1, T, T]
   * @return 1 for those, 0 for others, [N, 1]
   */
  public static Operand<TFloat32> seesAny(Ops tf, Operand<TFloat32> bias) {
    Operand<TFloat32> most = tf.max(bias, tf.constant(-1)); // [B, 1, T]
    Operand<TFloat32> any =
        tf.dtypes.cast(tf.math.greater(most, tf.constant(HIDDEN / 2)), TFloat32.class);
    return tf.reshape(any, tf.constant(new int[] {-1, 1}));
  }

  /**
   * Hides later tokens from each of the last tokens.
   *
   * @param queries Q
   * @param keys K
   * @return [Q, K]
   */
  public static Operand<TFloat32> causalAtEnd(
      Ops tf, Operand<TInt32> queries, Operand<TInt32> keys) {
    Operand<TFloat32> later =
        tf.dtypes.cast(
            tf.math.less(distance(tf, queries, keys), tf.constant(0)), TFloat32.class); // [Q, K]
    return tf.math.mul(later, tf.constant(HIDDEN));
  }

  /** Number of tokens from each key to each of the last tokens, [Q, K]. */
  private static Operand<TInt32> distance(Ops tf, Operand<TInt32> queries, Operand<TInt32> keys) {
    Operand<TInt32> one = tf.constant(1);
    Operand<TInt32> asked = tf.range(tf.math.sub(keys, queries), keys, one); // [Q]
    return tf.math.sub(tf.expandDims(asked, one), tf.range(tf.constant(0), keys, one)); // [Q, K]
  }
}

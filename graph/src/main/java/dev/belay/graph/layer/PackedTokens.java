package dev.belay.graph.layer;

import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * Positions of a batch without those of padding: layers that treat each token alone compute rows
 * [M, H] of tokens, and only attention sees all positions, [B, T].
 *
 * <p>Some padding stays, so that M is a multiple of {@value #MULTIPLE} and TensorFlow sees few
 * shapes. Nothing reads these rows.
 *
 * @param kept the position of each row among all N = B * T, [M]
 * @param rows the row of each position, [N]; of a position that is left out, any row: nothing may
 *     depend on it
 */
public record PackedTokens(Operand<TInt32> kept, Operand<TInt32> rows) {
  /** Value of a mask at padding that is left out; a mask of 0 hides a token and keeps its row. */
  public static final int LEFT_OUT = -1;

  private static final int MULTIPLE = 32;

  /**
   * The tokens of a batch.
   *
   * @param mask {@link #LEFT_OUT} at padding, 0 or 1 elsewhere, [B, T]
   */
  public static PackedTokens of(Ops outer, Operand<TInt32> mask) {
    Ops tf = outer.withSubScope("packed_tokens");
    Operand<TInt32> zero = tf.constant(0);
    Operand<TInt32> one = tf.constant(1);
    Operand<TInt32> flat = tf.constant(new int[] {-1});
    Operand<TBool> isToken = tf.math.notEqual(tf.reshape(mask, flat), tf.constant(LEFT_OUT)); // [N]
    Operand<TInt32> tokens = tf.dtypes.cast(isToken, TInt32.class);
    Operand<TInt32> missing =
        tf.math.floorMod(tf.math.neg(tf.sum(tokens, zero)), tf.constant(MULTIPLE));
    Operand<TInt32> paddingSoFar = tf.math.cumsum(tf.math.sub(one, tokens), zero); // [N]
    Operand<TBool> isKept =
        tf.math.logicalOr(isToken, tf.math.lessEqual(paddingSoFar, missing)); // [N]
    Operand<TInt32> kept = tf.dtypes.cast(tf.reshape(tf.where(isKept), flat), TInt32.class); // [M]
    Operand<TInt32> keptSoFar = tf.math.cumsum(tf.dtypes.cast(isKept, TInt32.class), zero); // [N]
    return new PackedTokens(kept, tf.math.maximum(tf.math.sub(keptSoFar, one), zero));
  }

  /**
   * Leaves out the rows of padding.
   *
   * @param positions [N, size]
   * @return [M, size]
   */
  public Operand<TFloat32> pack(Ops tf, Operand<TFloat32> positions) {
    return tf.gather(positions, kept, tf.constant(0));
  }

  /**
   * Puts rows back at their positions. A position that was left out gets some other row, so its
   * result must not be read.
   *
   * @param packed [M, size]
   * @return [N, size]
   */
  public Operand<TFloat32> unpack(Ops tf, Operand<TFloat32> packed) {
    return tf.gather(packed, rows, tf.constant(0));
  }

  /**
   * The row of each example's first position, which must not be left out.
   *
   * @param packed [M, size]
   * @param extent B and T
   * @return [B, size]
   */
  public Operand<TFloat32> first(Ops tf, Operand<TFloat32> packed, SequenceShape extent) {
    Operand<TInt32> zero = tf.constant(0);
    Operand<TInt32> all = tf.math.mul(extent.batch(), extent.length());
    Operand<TInt32> firsts = tf.range(zero, all, extent.length()); // [B]
    return tf.gather(packed, tf.gather(rows, firsts, zero), zero);
  }
}

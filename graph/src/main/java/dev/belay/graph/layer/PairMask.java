package dev.belay.graph.layer;

import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * Pairs of tokens of which neither is hidden. The scores of a hidden query are all the same, so
 * that it attends to all tokens alike, as in PyTorch.
 *
 * @param visible 1 for such pairs, else 0: factor of the scores, [B, Q, K]
 * @param bias added to the scores after that, [B, Q, K]
 */
public record PairMask(Operand<TFloat32> visible, Operand<TFloat32> bias) {

  /**
   * The pairs of the first tokens with all tokens.
   *
   * @param seen 1 for tokens, 0 for those that are hidden, [B, K]
   * @param queries Q
   */
  public static PairMask of(Ops tf, Operand<TFloat32> seen, Operand<TInt32> queries) {
    Operand<TFloat32> asked =
        tf.slice(
            seen,
            tf.constant(new int[] {0, 0}),
            tf.stack(List.of(tf.constant(-1), queries))); // [B, Q]
    Operand<TFloat32> visible =
        tf.math.mul(
            tf.expandDims(asked, tf.constant(2)), tf.expandDims(seen, tf.constant(1))); // [B, Q, K]
    return new PairMask(visible, AttentionBias.hide(tf, tf.math.sub(tf.constant(1f), visible)));
  }
}

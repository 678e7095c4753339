package dev.belay.graph.encoder;

import dev.belay.graph.layer.ForwardContext;
import dev.belay.graph.layer.LayerNorm;
import dev.belay.graph.layer.PackedTokens;
import dev.belay.graph.layer.Parameters;
import dev.belay.graph.layer.SequenceShape;
import dev.belay.graph.layer.TokenWindows;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * Convolution over tokens beside the first block of a DeBERTa: of the embeddings, added to what the
 * block makes of them, and normalised.
 */
final class TokenConvolution {
  private final DisentangledEncoderSpec.Convolution form;
  private final double dropout;
  private final TokenWindows windows;
  private final LayerNorm norm;

  TokenConvolution(
      Parameters parameters, EncoderSpec spec, DisentangledEncoderSpec.Convolution form) {
    int hidden = spec.sizes().hidden();
    this.form = form;
    this.dropout = spec.dropout().feedForward();
    this.windows = TokenWindows.declare(parameters, "conv", hidden, form.width(), form.groups());
    this.norm = LayerNorm.declare(parameters, "LayerNorm", hidden, spec.normEpsilon());
  }

  /**
   * Tokens of a batch.
   *
   * @param packed positions of the rows
   * @param extent B and T
   * @param seen 1 for tokens, 0 for those that are hidden and for padding, [N, 1]
   */
  record Tokens(PackedTokens packed, SequenceShape extent, Operand<TFloat32> seen) {
    /** {@code seen} of the rows, [M, 1]. */
    Operand<TFloat32> seenRows(Ops tf) {
      return packed.pack(tf, seen);
    }
  }

  /**
   * The rows after the block, 0 for hidden tokens, [M, H].
   *
   * @param embedded what the block reads, [M, H]
   * @param rows what it makes of them, [M, H]
   */
  Operand<TFloat32> apply(
      ForwardContext outer, Operand<TFloat32> embedded, Operand<TFloat32> rows, Tokens tokens) {
    ForwardContext pass = outer.within("convolution");
    Ops tf = pass.tf();
    Operand<TFloat32> seen = tokens.seenRows(tf);
    Operand<TFloat32> read =
        tf.math.mul(tokens.packed().unpack(tf, embedded), tokens.seen()); // [N, H]
    Operand<TFloat32> made =
        tokens.packed().pack(tf, windows.apply(tf, read, tokens.extent())); // [M, H]
    Operand<TFloat32> active =
        form.activation().apply(tf, pass.dropout(tf.math.mul(made, seen), dropout));
    return tf.math.mul(norm.apply(pass, tf.math.add(rows, active)), seen);
  }
}

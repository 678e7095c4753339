package dev.belay.graph.encoder;

import dev.belay.graph.layer.Activation;
import dev.belay.graph.layer.Dense;
import dev.belay.graph.layer.ForwardContext;
import dev.belay.graph.layer.Heads;
import dev.belay.graph.layer.LayerNorm;
import dev.belay.graph.layer.PackedTokens;
import dev.belay.graph.layer.Parameters;
import dev.belay.graph.layer.SequenceShape;
import dev.belay.graph.layer.Visible;
import java.util.List;
import java.util.Optional;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * Attention and gated feed-forward, each of normalised rows, each added to its input. TensorFlow
 * computes all of its gradients: those by hand are for layers whose input goes nowhere else.
 */
final class RotaryEncoderBlock {
  private final RotaryEncoderSpec.Rates dropout;
  private final Activation activation;
  private final Optional<LayerNorm> attentionNorm;
  private final Dense projection; // queries, keys and values
  private final Heads heads;
  private final Dense attentionOutput;
  private final LayerNorm feedForwardNorm;
  private final Dense inner; // with an activation, and what it multiplies
  private final Dense outer;

  /**
   * Declares the weights.
   *
   * @param normed whether its attention reads normalised rows; those of the embeddings are already
   */
  RotaryEncoderBlock(Parameters parameters, RotaryEncoderSpec spec, boolean normed) {
    int hidden = spec.sizes().hidden();
    int count = spec.sizes().heads();
    int width = spec.sizes().intermediate();
    boolean attention = spec.biases().attention();
    boolean feedForward = spec.biases().feedForward();
    // Fresh weights whose outputs are added up are smaller the more there are.
    Parameters added = parameters.deviating(1 / Math.sqrt(2.0 * spec.sizes().layers()));
    this.dropout = spec.dropout();
    this.activation = spec.activation();
    this.attentionNorm =
        normed ? Optional.of(norm(parameters, "attn_norm", spec)) : Optional.empty();
    this.projection = Dense.declare(parameters, "attn.Wqkv", hidden, 3L * hidden, attention);
    this.heads = Heads.scaled(count, hidden / count, spec.dropout().attention());
    this.attentionOutput = Dense.declare(added, "attn.Wo", hidden, hidden, attention);
    this.feedForwardNorm = norm(parameters, "mlp_norm", spec);
    this.inner = Dense.declare(parameters, "mlp.Wi", hidden, 2L * width, feedForward);
    this.outer = Dense.declare(added, "mlp.Wo", width, hidden, feedForward);
  }

  private static LayerNorm norm(Parameters parameters, String name, RotaryEncoderSpec spec) {
    return LayerNorm.declare(
        parameters, name, spec.sizes().hidden(), spec.normEpsilon(), spec.biases().norms());
  }

  /**
   * Input rows of a block.
   *
   * @param all [M, H]
   * @param tokens positions of all rows
   * @param extent B and T
   * @param firstOnly whether the result of each example's first token alone is needed
   */
  record Rows(Operand<TFloat32> all, PackedTokens tokens, SequenceShape extent, boolean firstOnly) {
    /** Those of rows whose results are needed: [M, H] or [B, H]. */
    Operand<TFloat32> needed(Ops tf, Operand<TFloat32> rows) {
      return firstOnly ? tokens.first(tf, rows, extent) : rows;
    }
  }

  /**
   * Tokens that a block attends to.
   *
   * @param visible the tokens with their positions, and the bias that hides some from others
   * @param seesAny 1 for tokens that see any, 0 for others, whose attention is 0 as in PyTorch, [M,
   *     1]; empty if each sees one
   */
  record Attended(Visible visible, Optional<Operand<TFloat32>> seesAny) {}

  /** The needed rows, [M, H] or [B, H]. */
  Operand<TFloat32> apply(ForwardContext outer, Rows rows, Attended attended) {
    ForwardContext pass = outer.within("attention");
    Ops tf = pass.tf();
    Operand<TFloat32> context = rows.needed(tf, attend(pass, rows, attended));
    Operand<TFloat32> added =
        pass.dropout(attentionOutput.apply(pass, context), dropout.attention());
    Operand<TFloat32> sum = tf.math.add(rows.needed(tf, rows.all()), added);
    return tf.math.add(sum, feedForward(outer.within("feed_forward"), sum));
  }

  /** [M, H]. */
  private Operand<TFloat32> attend(ForwardContext pass, Rows rows, Attended attended) {
    Ops tf = pass.tf();
    PackedTokens tokens = rows.tokens();
    Operand<TFloat32> read =
        attentionNorm.isPresent() ? attentionNorm.get().apply(tf, rows.all()) : rows.all();
    Operand<TFloat32> projected = tokens.unpack(tf, projection.apply(pass, read)); // [N, 3 H]
    Operand<TFloat32> context =
        tokens.pack(
            tf, heads.attendTogether(pass, projected, Heads.Together.BY_KIND, attended.visible()));
    return attended.seesAny().isPresent()
        ? tf.math.mul(context, attended.seesAny().get())
        : context;
  }

  private Operand<TFloat32> feedForward(ForwardContext pass, Operand<TFloat32> x) {
    Ops tf = pass.tf();
    Operand<TFloat32> both = inner.apply(pass, feedForwardNorm.apply(tf, x)); // [.., 2 I]
    List<Output<TFloat32>> halves = tf.split(tf.constant(1), both, 2L).output();
    Operand<TFloat32> gated =
        tf.math.mul(activation.apply(tf, halves.get(0)), halves.get(1)); // [.., I]
    return outer.apply(pass, pass.dropout(gated, dropout.feedForward()));
  }
}

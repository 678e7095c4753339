package dev.belay.graph.decoder;

import dev.belay.graph.layer.Activation;
import dev.belay.graph.layer.Dense;
import dev.belay.graph.layer.ForwardContext;
import dev.belay.graph.layer.Heads;
import dev.belay.graph.layer.LayerNorm;
import dev.belay.graph.layer.Parameters;
import dev.belay.graph.layer.SequenceShape;
import java.util.Optional;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/** Attention and feed-forward, each on normalised input, each added to its input. */
final class DecoderBlock {
  private final double dropout;
  private final Activation activation;
  private final Heads heads;
  private final LayerNorm attentionNorm;
  private final Dense projections;
  private final Dense attentionOutput;
  private final LayerNorm feedForwardNorm;
  private final Dense intermediate;
  private final Dense output;

  DecoderBlock(Parameters parameters, DecoderSpec spec, int layer) {
    int hidden = spec.sizes().hidden();
    int inner = spec.sizes().intermediate();
    int count = spec.sizes().heads();
    int size = hidden / count;
    // 2 * layers of these are added up, and the sum should not grow with their number.
    Parameters added = parameters.deviating(1 / Math.sqrt(2.0 * spec.sizes().layers()));
    this.dropout = spec.dropout().residual();
    this.activation = spec.activation();
    this.heads = new Heads(count, size, spec.scaling().of(layer, size), spec.dropout().attention());
    this.attentionNorm = LayerNorm.declare(parameters, "ln_1", hidden, spec.normEpsilon());
    this.projections =
        Dense.declareTransposed(parameters, "attn.c_attn", hidden, 3L * hidden); // [H, 3 H]
    this.attentionOutput = Dense.declareTransposed(added, "attn.c_proj", hidden, hidden);
    this.feedForwardNorm = LayerNorm.declare(parameters, "ln_2", hidden, spec.normEpsilon());
    this.intermediate = Dense.declareTransposed(parameters, "mlp.c_fc", hidden, inner);
    this.output = Dense.declareTransposed(added, "mlp.c_proj", inner, hidden);
  }

  /**
   * The next rows.
   *
   * @param x [N, H]
   * @param bias of the attention, [B, 1, T, T]
   * @return [N, H]
   */
  Operand<TFloat32> apply(
      ForwardContext outer, Operand<TFloat32> x, SequenceShape extent, Operand<TFloat32> bias) {
    ForwardContext pass = outer.within("attention");
    Ops tf = pass.tf();
    Operand<TFloat32> projected =
        projections.apply(pass, attentionNorm.apply(tf, x)); // [N, 3 H]: queries, keys, values
    Operand<TFloat32> context =
        heads.attendTogether(pass, projected, extent, Optional.of(bias)); // [N, H]
    Operand<TFloat32> attended = pass.dropout(attentionOutput.apply(pass, context), dropout);
    return feedForward(outer.within("feed_forward"), tf.math.add(x, attended));
  }

  private Operand<TFloat32> feedForward(ForwardContext pass, Operand<TFloat32> x) {
    Ops tf = pass.tf();
    Operand<TFloat32> normed = feedForwardNorm.apply(tf, x); // [N, H]
    Operand<TFloat32> inner = activation.apply(tf, intermediate.apply(pass, normed)); // [N, I]
    return tf.math.add(x, pass.dropout(output.apply(pass, inner), dropout)); // [N, H]
  }
}

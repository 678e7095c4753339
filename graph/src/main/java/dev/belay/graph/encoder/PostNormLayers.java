package dev.belay.graph.encoder;

import dev.belay.graph.layer.Activation;
import dev.belay.graph.layer.Dense;
import dev.belay.graph.layer.ForwardContext;
import dev.belay.graph.layer.LayerNorm;
import dev.belay.graph.layer.Parameters;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * Layers of a block after its attention: the projection of what it found, and the feed-forward,
 * each added to its input and then normalised.
 */
final class PostNormLayers {
  private final EncoderSpec.Rates dropout;
  private final Activation activation;
  private final Dense attentionOutput;
  private final LayerNorm attentionNorm;
  private final Dense intermediate;
  private final Dense output;
  private final LayerNorm outputNorm;

  PostNormLayers(Parameters parameters, EncoderSpec spec) {
    EncoderNames names = spec.names();
    int hidden = spec.sizes().hidden();
    int inner = spec.sizes().intermediate();
    this.dropout = spec.dropout();
    this.activation = spec.activation();
    this.attentionOutput = Dense.declare(parameters, names.attentionOutput(), hidden, hidden);
    this.attentionNorm =
        LayerNorm.declare(parameters, names.attentionNorm(), hidden, spec.normEpsilon());
    this.intermediate = Dense.declare(parameters, names.intermediate(), hidden, inner);
    this.output = Dense.declare(parameters, names.output(), inner, hidden);
    this.outputNorm = LayerNorm.declare(parameters, names.outputNorm(), hidden, spec.normEpsilon());
  }

  /**
   * The rows of the block, [M, H] or [B, H].
   *
   * @param outer pass of the block
   * @param attention pass of its attention
   * @param context what the attention found, [M or B, H]
   * @param asked the input rows whose results are needed, [M or B, H]
   */
  Operand<TFloat32> apply(
      ForwardContext outer,
      ForwardContext attention,
      Operand<TFloat32> context,
      Operand<TFloat32> asked) {
    Operand<TFloat32> attended =
        attention.dropout(attentionOutput.apply(attention, context), dropout.attentionOutput());
    Operand<TFloat32> mixed =
        attentionNorm.apply(attention, attention.tf().math.add(attended, asked));
    return feedForward(outer.within("feed_forward"), mixed);
  }

  private Operand<TFloat32> feedForward(ForwardContext pass, Operand<TFloat32> x) {
    Ops tf = pass.tf();
    Operand<TFloat32> inner = activation.apply(pass, intermediate.apply(pass, x)); // [M or B, I]
    Operand<TFloat32> added = pass.dropout(output.apply(pass, inner), dropout.feedForward());
    return outputNorm.apply(pass, tf.math.add(added, x)); // [M or B, H]
  }
}

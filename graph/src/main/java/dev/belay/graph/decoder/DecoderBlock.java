package dev.belay.graph.decoder;

import dev.belay.graph.layer.ForwardContext;
import dev.belay.graph.layer.Norm;
import dev.belay.graph.layer.Parameters;
import dev.belay.graph.layer.Visible;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/** Attention and feed-forward, each on normalised input, each added to its input. */
final class DecoderBlock {
  private final double dropout;
  private final boolean parallel;
  private final Norm attentionNorm;
  private final DecoderAttention attention;
  private final Norm feedForwardNorm;
  private final DecoderFeedForward feedForward;

  DecoderBlock(Parameters parameters, DecoderSpec spec, int layer) {
    DecoderLayers layers = new DecoderLayers(spec);
    DecoderNames names = spec.form().names();
    this.dropout = spec.dropout().residual();
    this.parallel = spec.form().parallel();
    this.attentionNorm = layers.norm(parameters, names.attentionNorm());
    this.attention = new DecoderAttention(parameters, spec, layer);
    this.feedForwardNorm = layers.norm(parameters, names.feedForwardNorm());
    this.feedForward = new DecoderFeedForward(parameters, spec);
  }

  /**
   * The next rows.
   *
   * @param x [N, H]
   * @param visible the tokens, their positions, and what each sees
   * @return [N, H]
   */
  Operand<TFloat32> apply(ForwardContext outer, Operand<TFloat32> x, Visible visible) {
    ForwardContext pass = outer.within("attention");
    Ops tf = pass.tf();
    Operand<TFloat32> attended =
        pass.dropout(attention.apply(pass, attentionNorm.apply(tf, x), visible), dropout);
    Operand<TFloat32> sum = tf.math.add(x, attended); // [N, H]
    return tf.math.add(sum, fed(outer.within("feed_forward"), parallel ? x : sum));
  }

  private Operand<TFloat32> fed(ForwardContext pass, Operand<TFloat32> x) {
    Operand<TFloat32> normed = feedForwardNorm.apply(pass.tf(), x); // [N, H]
    return pass.dropout(feedForward.apply(pass, normed), dropout); // [N, H]
  }
}

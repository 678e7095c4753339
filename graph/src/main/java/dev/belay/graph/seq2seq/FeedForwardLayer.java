package dev.belay.graph.seq2seq;

import dev.belay.graph.layer.Activation;
import dev.belay.graph.layer.Dense;
import dev.belay.graph.layer.ForwardContext;
import dev.belay.graph.layer.Parameters;
import dev.belay.graph.layer.RmsNorm;
import java.util.Optional;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/** Two projections of normalised rows with an activation between them, added to their input. */
final class FeedForwardLayer {
  private final double dropout;
  private final RmsNorm norm;
  private final Activation activation;
  private final Dense inner;
  private final Optional<Dense> gate;
  private final Dense output;

  FeedForwardLayer(Parameters layer, Seq2SeqSpec spec) {
    int hidden = spec.sizes().hidden();
    int size = spec.sizes().intermediate();
    boolean gated = spec.feedForward().gated();
    this.dropout = spec.dropout();
    this.activation = spec.feedForward().activation();
    Parameters own = layer.within("DenseReluDense");
    Parameters in = own.deviating(1 / Math.sqrt(hidden));
    Parameters out = own.deviating(1 / Math.sqrt(size));
    this.inner = Dense.declareWithoutBias(in, gated ? "wi_0" : "wi", hidden, size);
    this.gate =
        gated ? Optional.of(Dense.declareWithoutBias(in, "wi_1", hidden, size)) : Optional.empty();
    this.output = Dense.declareWithoutBias(out, "wo", size, hidden);
    this.norm = RmsNorm.declare(layer, "layer_norm", hidden, spec.normEpsilon());
  }

  /**
   * The next rows.
   *
   * @param x [N, H]
   * @return [N, H]
   */
  Operand<TFloat32> apply(ForwardContext pass, Operand<TFloat32> x) {
    Ops tf = pass.tf();
    Operand<TFloat32> normed = norm.apply(tf, x); // [N, H]
    Operand<TFloat32> active = activation.apply(tf, inner.apply(pass, normed)); // [N, I]
    Operand<TFloat32> passed =
        gate.isPresent() ? tf.math.mul(active, gate.get().apply(pass, normed)) : active; // [N, I]
    Operand<TFloat32> made = output.apply(pass, pass.dropout(passed, dropout));
    return tf.math.add(x, pass.dropout(made, dropout)); // [N, H]
  }
}

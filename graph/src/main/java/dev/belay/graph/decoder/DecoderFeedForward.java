package dev.belay.graph.decoder;

import dev.belay.graph.layer.Activation;
import dev.belay.graph.layer.Dense;
import dev.belay.graph.layer.ForwardContext;
import dev.belay.graph.layer.Parameters;
import java.util.List;
import java.util.Optional;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/** Two layers with an activation between them, which a third may multiply. */
final class DecoderFeedForward {
  private final Activation activation;
  private final Dense inner;
  private final Optional<Dense> gate;
  private final Dense output;

  DecoderFeedForward(Parameters parameters, DecoderSpec spec) {
    DecoderLayers layers = new DecoderLayers(spec);
    DecoderForm form = spec.form();
    boolean biased = form.biases().feedForward();
    int hidden = spec.sizes().hidden();
    int size = spec.sizes().intermediate();
    List<String> names = form.names().inner();
    this.activation = spec.activation();
    this.inner = layers.dense(parameters, names.get(0), hidden, size, biased);
    this.gate =
        form.gated()
            ? Optional.of(layers.dense(parameters, names.get(1), hidden, size, biased))
            : Optional.empty();
    this.output =
        layers.dense(layers.added(parameters), form.names().outer(), size, hidden, biased);
  }

  /**
   * Applies the layers to rows.
   *
   * @param x [N, H]
   * @return [N, H]
   */
  Operand<TFloat32> apply(ForwardContext pass, Operand<TFloat32> x) {
    Ops tf = pass.tf();
    Operand<TFloat32> active = activation.apply(tf, inner.apply(pass, x)); // [N, I]
    Operand<TFloat32> passed =
        gate.isPresent() ? tf.math.mul(active, gate.get().apply(pass, x)) : active; // [N, I]
    return output.apply(pass, passed); // [N, H]
  }
}

package dev.belay.graph.seq2seq;

import dev.belay.graph.layer.Activation;
import dev.belay.graph.layer.Dense;
import dev.belay.graph.layer.ForwardContext;
import dev.belay.graph.layer.Parameters;
import java.util.Optional;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/** Two projections of rows with an activation between them, added to their input. */
final class FeedForwardLayer {
  private final double dropout;
  private final Residual residual;
  private final Activation activation;
  private final Dense inner;
  private final Optional<Dense> gate;
  private final Dense output;

  FeedForwardLayer(Parameters block, Seq2SeqNames.Part part, Seq2SeqSpec spec, int size) {
    int hidden = spec.sizes().hidden();
    boolean gated = spec.feedForward().gated();
    Seq2SeqNames names = spec.form().names();
    Seq2SeqLayers layers = new Seq2SeqLayers(spec);
    Parameters place = block.within(part.place());
    Parameters own = place.within(part.layers());
    this.dropout = spec.dropout().inner();
    this.activation = spec.feedForward().activation();
    String first = gated ? names.gated().get(0) : names.inner();
    this.inner = layers.dense(own, first, hidden, size, hidden);
    this.gate =
        gated
            ? Optional.of(layers.dense(own, names.gated().get(1), hidden, size, hidden))
            : Optional.empty();
    this.output = layers.dense(own, names.outer(), size, hidden, size);
    this.residual = layers.residual(place, part.norm());
  }

  /**
   * The next rows.
   *
   * @param x [N, H]
   * @return [N, H]
   */
  Operand<TFloat32> apply(ForwardContext pass, Operand<TFloat32> x) {
    Ops tf = pass.tf();
    Operand<TFloat32> read = residual.read(tf, x); // [N, H]
    Operand<TFloat32> active = activation.apply(tf, inner.apply(pass, read)); // [N, I]
    Operand<TFloat32> passed =
        gate.isPresent() ? tf.math.mul(active, gate.get().apply(pass, read)) : active; // [N, I]
    Operand<TFloat32> made = output.apply(pass, pass.dropout(passed, dropout));
    return residual.add(pass, x, made); // [N, H]
  }
}

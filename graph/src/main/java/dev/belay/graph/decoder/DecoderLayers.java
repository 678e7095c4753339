package dev.belay.graph.decoder;

import dev.belay.graph.layer.Dense;
import dev.belay.graph.layer.LayerNorm;
import dev.belay.graph.layer.Norm;
import dev.belay.graph.layer.Parameters;
import dev.belay.graph.layer.RmsNorm;

/** Declares layers in the form of a decoder's family. */
record DecoderLayers(DecoderSpec spec) {

  Norm norm(Parameters parameters, String name) {
    int hidden = spec.sizes().hidden();
    return spec.form().norm() == DecoderForm.NormKind.LAYER
        ? LayerNorm.declare(parameters, name, hidden, spec.normEpsilon())
        : RmsNorm.declare(parameters, name, hidden, spec.normEpsilon());
  }

  /** A layer whose kernel is [in, out] in GPT-2 and [out, in] in all others. */
  Dense dense(Parameters parameters, String name, long in, long out, boolean biased) {
    return isTransposed()
        ? Dense.declareTransposed(parameters, name, in, out)
        : Dense.declare(parameters, name, in, out, biased);
  }

  /**
   * Where layers are declared whose outputs are added up. GPT-2 draws their fresh weights smaller
   * the more there are, so that the sum does not grow with the number of blocks.
   */
  Parameters added(Parameters parameters) {
    return isTransposed()
        ? parameters.deviating(1 / Math.sqrt(2.0 * spec.sizes().layers()))
        : parameters;
  }

  private boolean isTransposed() {
    return spec.form().projection() == DecoderForm.Projection.TOGETHER_TRANSPOSED;
  }
}

package dev.belay.graph.seq2seq;

import dev.belay.graph.layer.Dense;
import dev.belay.graph.layer.LayerNorm;
import dev.belay.graph.layer.Norm;
import dev.belay.graph.layer.Parameters;
import dev.belay.graph.layer.RmsNorm;

/** Declares layers in the form of a family. */
record Seq2SeqLayers(Seq2SeqSpec spec) {

  Norm norm(Parameters parameters, String name) {
    int hidden = spec.sizes().hidden();
    return spec.form().biased()
        ? LayerNorm.declare(parameters, name, hidden, spec.normEpsilon())
        : RmsNorm.declare(parameters, name, hidden, spec.normEpsilon());
  }

  /** A layer; of a T5 its fresh weights are as small as the root of a number is large. */
  Dense dense(Parameters parameters, String name, long in, long out, double number) {
    return spec.form().biased()
        ? Dense.declare(parameters, name, in, out, true)
        : Dense.declareWithoutBias(parameters.deviating(1 / Math.sqrt(number)), name, in, out);
  }

  Residual residual(Parameters parameters, String norm) {
    return new Residual(norm(parameters, norm), spec.form().normsFirst(), spec.dropout().rows());
  }
}

package dev.belay.graph.head;

import dev.belay.graph.layer.Activation;
import dev.belay.graph.layer.Dense;
import dev.belay.graph.layer.ForwardContext;
import dev.belay.graph.layer.LayerNorm;
import dev.belay.graph.layer.Parameters;
import java.util.Objects;
import java.util.function.BiFunction;
import org.tensorflow.Operand;
import org.tensorflow.types.TFloat32;

/**
 * Dense layer, activation and norm before the layer that makes logits: of masked words, arXiv
 * 1810.04805, and in every head of ModernBERT.
 *
 * @param dense name of the layer
 * @param norm name of the norm
 * @param biases which of them have one
 * @param activation between them
 * @param normEpsilon of the norm
 */
public record HeadTransform(
    String dense, String norm, Biases biases, Activation activation, double normEpsilon) {

  /**
   * Biases of the layers.
   *
   * @param dense of the layer
   * @param norm of the norm
   */
  public record Biases(boolean dense, boolean norm) {
    /** Both have one. */
    public static final Biases BOTH = new Biases(true, true);
  }

  public HeadTransform {
    Objects.requireNonNull(activation);
  }

  /**
   * Declares the layers.
   *
   * @return what makes rows [N, out] of rows [N, in]
   */
  BiFunction<ForwardContext, Operand<TFloat32>, Operand<TFloat32>> declare(
      Parameters parameters, int in, int out) {
    Dense layer = Dense.declare(parameters, dense, in, out, biases.dense());
    LayerNorm last = LayerNorm.declare(parameters, norm, out, normEpsilon, biases.norm());
    return (pass, rows) ->
        last.apply(pass.tf(), activation.apply(pass.tf(), layer.apply(pass, rows)));
  }
}

package dev.belay.graph.head;

import dev.belay.graph.layer.Dense;
import dev.belay.graph.layer.Parameters;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;

/**
 * Head with one output for each example, as in GPT-2: features [B, H] through one projection
 * without a bias, {@code score.weight}, to [B, C].
 *
 * @param outputs C
 * @param weights their initialization
 */
public record ScoreHead(int outputs, HeadWeights weights) implements Head {
  /** Its name. */
  public static final String PROJECTION = "score";

  @Override
  public AttachedHead attach(Ops tf, Output<?> features) {
    Parameters parameters = weights.parameters(tf);
    Dense score =
        Dense.declareWithoutBias(parameters, PROJECTION, features.shape().get(1), outputs);
    return WeightedHead.of(
        parameters, weights.beginning().seed(), (pass, last) -> score.apply(pass, last));
  }
}

package dev.belay.train.config;

import dev.belay.savedmodel.weights.WeightTarget;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A conversion of weights.
 *
 * @param source weights to convert
 * @param destination a folder that does not exist yet
 * @param target the form to write
 * @param graph a SavedModel whose graph takes the weights, for a SavedModel as target; empty: the
 *     source's own
 * @param adapter folder of an adapter that Hugging Face PEFT or Belay wrote, merged into the
 *     weights
 */
public record ConvertConfig(
    WeightsConfig source,
    Path destination,
    WeightTarget target,
    Optional<Path> graph,
    Optional<Path> adapter) {

  public ConvertConfig {
    new Check()
        .that(
            graph.isEmpty() || target == WeightTarget.SAVEDMODEL,
            "--graph is for --to savedmodel only: no other form holds a graph")
        .that(
            target != WeightTarget.PEFT,
            "--to peft: only a run has adapters; `belay export RUN --format peft` writes them")
        .verify();
  }
}

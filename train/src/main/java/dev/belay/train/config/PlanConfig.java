package dev.belay.train.config;

import java.util.Set;

/**
 * Preview of a training: of the options besides the model's, those that decide how much memory it
 * takes.
 */
public record PlanConfig(
    ModelConfig model, DataConfig data, OptimizerConfig optimizer, UpdateConfig update) {
  /** Names of the options besides the model's. */
  public static final Set<String> OF_MEMORY =
      Set.of(
          "max-seq-length",
          "train-batch-size",
          "optimizer",
          "nesterov",
          "amsgrad",
          "gradient-accumulation-steps");

  /** The same training of another model. */
  public PlanConfig with(ModelConfig other) {
    return new PlanConfig(other, data, optimizer, update);
  }
}

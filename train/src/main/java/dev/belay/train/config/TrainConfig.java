package dev.belay.train.config;

import java.nio.file.Path;

/**
 * All that one training run is asked to do.
 *
 * @param outputDirectory the run directory; must not exist or be empty
 * @param tensorboard whether event files are written
 */
public record TrainConfig(
    ModelConfig model,
    DataConfig data,
    OptimizerConfig optimizer,
    ScheduleConfig schedule,
    ClipConfig clip,
    LoopConfig loop,
    MachineConfig machine,
    Path outputDirectory,
    boolean tensorboard) {

  public TrainConfig {
    if (data.trainFiles().isEmpty()) {
      throw new ConfigException(
          "--train-file is missing: name a .tsv, .csv, .jsonl or .tfrecord file");
    }
    boolean needsEvaluation = loop.loadBestModelAtEnd() || loop.earlyStoppingPatience().isPresent();
    if (needsEvaluation && data.validationFiles().isEmpty()) {
      throw new ConfigException(
          "--load-best-model-at-end and --early-stopping-patience need --validation-file");
    }
  }
}

package dev.belay.train.config;

import java.nio.file.Path;

/**
 * All that one training run is asked to do.
 *
 * @param outputDirectory the run directory: new, empty, or this run's own
 * @param tensorboard whether event files are written
 */
public record TrainConfig(
    ModelConfig model,
    DataConfig data,
    OptimizerConfig optimizer,
    ScheduleConfig schedule,
    ClipConfig clip,
    UpdateConfig update,
    StabilityConfig stability,
    LoopConfig loop,
    MachineConfig machine,
    ResumeConfig resume,
    Path outputDirectory,
    boolean tensorboard) {

  public TrainConfig {
    boolean needsEvaluation = loop.loadBestModelAtEnd() || loop.earlyStoppingPatience().isPresent();
    new Check()
        .that(
            !data.trainFiles().isEmpty(),
            "--train-file is missing: name a .tsv, .csv, .jsonl or .tfrecord file")
        .that(
            clip.norms() == ClipConfig.Norms.DENSE || update.gradientAccumulationSteps() == 1,
            "--norm-compatibility tf counts the rows of one batch, --gradient-accumulation-steps adds"
                + " up several: choose one")
        .that(
            !needsEvaluation || !data.validationFiles().isEmpty(),
            "--load-best-model-at-end and --early-stopping-patience need --validation-file")
        .verify();
  }

  /** That model on that data, and otherwise what the command line takes without options. */
  public static TrainConfig of(ModelConfig model, DataConfig data, Path outputDirectory) {
    return new TrainConfig(
        model,
        data,
        OptimizerConfig.defaults(),
        ScheduleConfig.defaults(),
        ClipConfig.defaults(),
        UpdateConfig.defaults(),
        StabilityConfig.defaults(),
        LoopConfig.defaults(),
        MachineConfig.defaults(),
        ResumeConfig.defaults(),
        outputDirectory,
        true);
  }
}

package dev.belay.train.config;

import java.nio.file.Path;

/**
 * All that one training run is asked to do.
 *
 * @param outputDirectory the run directory: new, empty, or this run's own
 * @param report what is written beside metrics.jsonl
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
    ReportConfig report) {

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
            clip.norms() == ClipConfig.Norms.DENSE || machine.replicaDevices().size() == 1,
            "--norm-compatibility tf counts the rows of one batch, --device "
                + machine.device()
                + " shares it between devices: choose one")
        .that(
            schedule.end() <= optimizer.learningRate(),
            "--lr-end "
                + schedule.end()
                + " is above --learning-rate "
                + optimizer.learningRate()
                + ": a schedule goes down")
        .that(
            !needsEvaluation || !data.validationFiles().isEmpty(),
            "--load-best-model-at-end and --early-stopping-patience need --validation-file")
        .verify();
  }

  /** The same run with another update and another seed. */
  public TrainConfig with(OptimizerConfig other, ClipConfig otherClip, MachineConfig otherMachine) {
    return new TrainConfig(
        model,
        data,
        other,
        schedule,
        otherClip,
        update,
        stability,
        loop,
        otherMachine,
        resume,
        outputDirectory,
        report);
  }

  /** The same run with another update and another course of the learning rate. */
  public TrainConfig with(OptimizerConfig other, ScheduleConfig otherSchedule) {
    return new TrainConfig(
        model,
        data,
        other,
        otherSchedule,
        clip,
        update,
        stability,
        loop,
        machine,
        resume,
        outputDirectory,
        report);
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
        ReportConfig.defaults());
  }
}

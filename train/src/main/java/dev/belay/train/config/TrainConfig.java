package dev.belay.train.config;

import java.nio.file.Path;
import java.util.Map;

/**
 * All options of one training run.
 *
 * @param report reports besides metrics.jsonl
 */
@Section.Of(Section.RUN)
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
    ClusterConfig cluster,
    ReportConfig report,
    ResumeConfig resume,
    @Option(
            name = "output-dir",
            label = "DIR",
            help = "The run directory: new or empty, or one to resume.",
            required = "name a directory for the run to write",
            place = -3,
            onResume = Option.OnResume.IGNORE,
            identifiesSweep = false)
        Path outputDirectory) {

  public TrainConfig {
    Check workers = new Check();
    cluster.refuse(workers, machine, update, clip, stability);
    workers.verify();
    boolean needsEvaluation = loop.loadBestModelAtEnd() || loop.earlyStoppingPatience().isPresent();
    new Check()
        .that(
            !data.trainFiles().isEmpty(),
            "--train-file is missing: name a .tsv, .csv, .jsonl or .tfrecord file")
        .that(
            clip.norms() == ClipConfig.Norms.DENSE || update.gradientAccumulationSteps() == 1,
            "--norm-compatibility tf counts the rows of one batch, --gradient-accumulation-steps"
                + " adds up several: choose one")
        .that(
            clip.norms() == ClipConfig.Norms.DENSE || update.miniBatchSize().isEmpty(),
            "--norm-compatibility tf counts the rows of one batch, --mini-batch-size adds up those"
                + " of several: choose one")
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

  /** Returns a builder whose options all have their defaults. */
  public static TrainConfigBuilder builder() {
    return new TrainConfigBuilder(Map.of());
  }

  /** Returns a builder with the options of this config. */
  public TrainConfigBuilder toBuilder() {
    return new TrainConfigBuilder(ConfigBinder.texts(this));
  }

  /**
   * Makes a config from the options of {@code belay train}.
   *
   * @param options values by their names, as {@link TrainConfigBuilder#option} takes them
   * @throws ConfigException which names every invalid option
   */
  public static TrainConfig fromOptions(Map<String, String> options) {
    TrainConfigBuilder builder = builder();
    options.forEach(builder::option);
    return builder.build();
  }

  /** That model on that data; everything else has the command line's defaults. */
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
        ClusterConfig.defaults(),
        ReportConfig.defaults(),
        ResumeConfig.defaults(),
        outputDirectory);
  }
}

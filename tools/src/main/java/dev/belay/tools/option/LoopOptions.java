package dev.belay.tools.option;

import dev.belay.train.config.LoopConfig;
import dev.belay.train.config.MachineConfig;
import dev.belay.train.config.ResumeConfig;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** What happens between the steps, and what a run leaves behind. */
@Section("Run")
public final class LoopOptions {
  @Option(
      names = "--output-dir",
      paramLabel = "DIR",
      description = "The run directory: new or empty, or one to go on with.")
  private Path outputDirectory;

  @Option(
      names = "--resume",
      paramLabel = "auto|never|PATH",
      description =
          "Where to begin: auto goes on from the newest whole checkpoint of the run directory,"
              + " never wants a new directory, PATH is a checkpoint or a run.")
  private String resume = ResumeConfig.defaults().text();

  @Option(
      names = "--allow-changes",
      description =
          "Go on although options, model or data are not those that the run was begun with.")
  private boolean allowChanges;

  @Option(names = "--seed", paramLabel = "N", description = "Of data order, dropout and new heads.")
  private long seed = MachineConfig.DEFAULT_SEED;

  @Option(
      names = "--logging-steps",
      paramLabel = "N",
      description = "A line of metrics.jsonl every so many steps.")
  private int loggingSteps = LoopConfig.DEFAULT_LOGGING_STEPS;

  @Option(
      names = "--eval-steps",
      paramLabel = "N",
      description = "Evaluate every so many steps (default: after each epoch).")
  private Optional<Integer> evalSteps = Optional.empty();

  @Option(
      names = "--save-steps",
      paramLabel = "N",
      description = "Write a checkpoint every so many steps (default: only at the end).")
  private Optional<Integer> saveSteps = Optional.empty();

  @Option(
      names = "--save-total-limit",
      paramLabel = "N",
      description = "Checkpoints to keep (default: all).")
  private Optional<Integer> saveTotalLimit = Optional.empty();

  @Option(
      names = "--background-save",
      paramLabel = "on|off",
      arity = "1",
      converter = OnOff.class,
      description =
          "Whether training goes on while a checkpoint is written; it takes the memory of a second"
              + " copy of weights and optimizer.")
  private boolean backgroundSave = LoopConfig.DEFAULT_BACKGROUND_SAVE;

  @Option(
      names = "--load-best-model-at-end",
      description = "Export the weights with the best metric instead of the last ones.")
  private boolean loadBestModelAtEnd;

  @Option(
      names = "--metric-for-best-model",
      paramLabel = "NAME",
      description =
          "The metric that decides (default: accuracy, mse for regression, f1 for" + " entities).")
  private Optional<String> metricForBestModel = Optional.empty();

  @Option(
      names = "--early-stopping-patience",
      paramLabel = "N",
      description = "Stop after so many evaluations without a better metric (default: never).")
  private Optional<Integer> earlyStoppingPatience = Optional.empty();

  /** Complains if there is nowhere to write. */
  public void requireDirectory(Problems problems) {
    problems.require(
        outputDirectory != null, "--output-dir", "name a directory for the run to write");
  }

  /** The run directory, or null. */
  public Path outputDirectory() {
    return outputDirectory;
  }

  /** Where to begin. */
  public ResumeConfig toResumeConfig() {
    return ResumeConfig.of(resume, allowChanges);
  }

  /** Of everything random. */
  public long seed() {
    return seed;
  }

  /** What happens between the steps. */
  public LoopConfig toConfig() {
    return new LoopConfig(
        loggingSteps,
        ScheduleOptions.optionalInt(evalSteps),
        ScheduleOptions.optionalInt(saveSteps),
        ScheduleOptions.optionalInt(saveTotalLimit),
        backgroundSave,
        loadBestModelAtEnd,
        metricForBestModel,
        ScheduleOptions.optionalInt(earlyStoppingPatience));
  }
}

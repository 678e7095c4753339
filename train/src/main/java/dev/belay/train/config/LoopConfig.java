package dev.belay.train.config;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** Logging, evaluation and checkpoints between the steps. */
@Section.Of(Section.RUN)
public record LoopConfig(
    @Option(
            name = "logging-steps",
            label = "N",
            help = "A line of metrics.jsonl every so many steps.",
            defaultValue = "1",
            onResume = Option.OnResume.IGNORE)
        int loggingSteps,
    @Option(
            name = "eval-steps",
            label = "N",
            help = "Evaluate every so many steps (default: after each epoch).",
            onResume = Option.OnResume.LOG)
        OptionalInt evalSteps,
    @Option(
            name = "save-steps",
            label = "N",
            help = "Write a checkpoint every so many steps (default: only at the end).",
            onResume = Option.OnResume.IGNORE,
            refusedBySweep = "a sweep keeps no checkpoints")
        OptionalInt saveSteps,
    @Option(
            name = "save-total-limit",
            label = "N",
            help = "Checkpoints to keep (default: all).",
            onResume = Option.OnResume.IGNORE,
            refusedBySweep = "a sweep keeps no checkpoints")
        OptionalInt saveTotalLimit,
    @Option(
            name = "background-save",
            label = "on|off",
            help =
                "Whether training goes on while a checkpoint is written; it takes the memory"
                    + " of a second copy of weights and optimizer.",
            defaultValue = "on",
            onResume = Option.OnResume.IGNORE,
            refusedBySweep = "a sweep keeps no checkpoints")
        boolean backgroundSave,
    @Option(
            name = "load-best-model-at-end",
            help = "Export the weights with the best metric instead of the last ones.",
            refusedBySweep = "a sweep exports no model")
        boolean loadBestModelAtEnd,
    @Option(
            name = "metric-for-best-model",
            label = "NAME",
            help =
                "The metric that decides (default: accuracy, mse for regression, f1 for"
                    + " entities).")
        Optional<String> metricForBestModel,
    @Option(
            name = "early-stopping-patience",
            label = "N",
            help = "Stop after so many evaluations without a better metric (default: never).",
            onResume = Option.OnResume.LOG,
            refusedBySweep = "--halving stops arms that fall behind")
        OptionalInt earlyStoppingPatience) {

  /** The prefix that Hugging Face allows before a metric of an evaluation. */
  private static final String EVALUATION_PREFIX = "eval_";

  public LoopConfig {
    metricForBestModel =
        metricForBestModel.map(
            name ->
                name.startsWith(EVALUATION_PREFIX)
                    ? name.substring(EVALUATION_PREFIX.length())
                    : name);
    new Check()
        .atLeast("--logging-steps", 1, loggingSteps)
        .atLeast("--eval-steps", 1, evalSteps)
        .atLeast("--save-steps", 1, saveSteps)
        .atLeast("--save-total-limit", 1, saveTotalLimit)
        .atLeast("--early-stopping-patience", 1, earlyStoppingPatience)
        .verify();
  }

  /**
   * Refuses a metric for the best model that the task does not have.
   *
   * @throws ConfigException that lists those it has
   */
  public static void requireMetric(String name, Set<String> known) {
    if (!known.contains(name)) {
      throw new ConfigException(
          List.of(
              "--metric-for-best-model: there is no metric '"
                  + name
                  + "'; this task has "
                  + String.join(", ", known)));
    }
  }

  /** Defaults of the command line. */
  public static LoopConfig defaults() {
    return ConfigBinder.defaults(LoopConfig.class);
  }
}

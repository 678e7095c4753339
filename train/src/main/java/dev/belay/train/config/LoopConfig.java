package dev.belay.train.config;

import java.util.Optional;
import java.util.OptionalInt;

/** Logging, evaluation and checkpoints between the steps. */
@Section.Of(Section.RUN)
public record LoopConfig(
    @Option(
            name = "logging-steps",
            label = "N",
            help = "Log to metrics.jsonl every N steps.",
            defaultValue = "1",
            onResume = Option.OnResume.IGNORE)
        int loggingSteps,
    @Option(
            name = "eval-steps",
            label = "N",
            help = "Evaluate every N steps (default: after each epoch).",
            onResume = Option.OnResume.LOG)
        OptionalInt evalSteps,
    @Option(
            name = "save-steps",
            label = "N",
            help = "Write a checkpoint every N steps (default: only at the end).",
            onResume = Option.OnResume.IGNORE,
            refusedBySweep = "a sweep keeps no checkpoints")
        OptionalInt saveSteps,
    @Option(
            name = "save-epochs",
            help = "Write a checkpoint after each epoch.",
            onResume = Option.OnResume.IGNORE,
            refusedBySweep = "a sweep keeps no checkpoints")
        boolean saveEpochs,
    @Option(
            name = "save-total-limit",
            label = "N",
            help = "Maximum number of checkpoints to keep (default: all).",
            onResume = Option.OnResume.IGNORE,
            refusedBySweep = "a sweep keeps no checkpoints")
        OptionalInt saveTotalLimit,
    @Option(
            name = "background-save",
            label = "on|off",
            help =
                "Continue training while a checkpoint is written, which needs memory for a "
                    + "second copy of weights and optimizer state.",
            defaultValue = "on",
            onResume = Option.OnResume.IGNORE,
            refusedBySweep = "a sweep keeps no checkpoints")
        boolean backgroundSave,
    @Option(
            name = "load-best-model-at-end",
            help = "Export the weights with the best metric, instead of the last weights.",
            refusedBySweep = "a sweep exports no model")
        boolean loadBestModelAtEnd,
    @Option(
            name = "metric-for-best-model",
            label = "NAME",
            help =
                "The metric that decides which weights are best (default: accuracy, mse for "
                    + "regression, f1 for entities).")
        Optional<String> metricForBestModel,
    @Option(
            name = "early-stopping-patience",
            label = "N",
            help = "Stop after N evaluations without a better metric (default: never).",
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

  /** Defaults of the command line. */
  public static LoopConfig defaults() {
    return ConfigBinder.defaults(LoopConfig.class);
  }
}

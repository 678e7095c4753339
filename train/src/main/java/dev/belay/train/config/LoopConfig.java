package dev.belay.train.config;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * What happens between the steps.
 *
 * @param loggingSteps a line of metrics.jsonl every so many steps
 * @param evalSteps evaluate every so many steps; empty: after each epoch
 * @param saveSteps write a checkpoint every so many steps; empty: only at the end
 * @param saveTotalLimit checkpoints to keep; empty: all
 * @param backgroundSave whether training goes on while a checkpoint is written, which takes the
 *     memory of a second copy of weights and slots meanwhile
 * @param loadBestModelAtEnd whether the best evaluated weights are exported instead of the last
 * @param metricForBestModel the metric that decides; empty: accuracy, or the loss for regression
 * @param earlyStoppingPatience evaluations without a better metric before the run stops
 */
public record LoopConfig(
    int loggingSteps,
    OptionalInt evalSteps,
    OptionalInt saveSteps,
    OptionalInt saveTotalLimit,
    boolean backgroundSave,
    boolean loadBestModelAtEnd,
    Optional<String> metricForBestModel,
    OptionalInt earlyStoppingPatience) {

  public static final int DEFAULT_LOGGING_STEPS = 1;
  public static final boolean DEFAULT_BACKGROUND_SAVE = true;

  public LoopConfig {
    new Check()
        .atLeast("--logging-steps", 1, loggingSteps)
        .atLeast("--eval-steps", 1, evalSteps)
        .atLeast("--save-steps", 1, saveSteps)
        .atLeast("--save-total-limit", 1, saveTotalLimit)
        .atLeast("--early-stopping-patience", 1, earlyStoppingPatience)
        .verify();
  }

  /** What the command line takes without options. */
  public static LoopConfig defaults() {
    return new LoopConfig(
        DEFAULT_LOGGING_STEPS,
        OptionalInt.empty(),
        OptionalInt.empty(),
        OptionalInt.empty(),
        DEFAULT_BACKGROUND_SAVE,
        false,
        Optional.empty(),
        OptionalInt.empty());
  }
}

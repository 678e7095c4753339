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
 * @param loadBestModelAtEnd whether the best evaluated weights are exported instead of the last
 * @param metricForBestModel the metric that decides; empty: accuracy, or the loss for regression
 * @param earlyStoppingPatience evaluations without a better metric before the run stops
 */
public record LoopConfig(
    int loggingSteps,
    OptionalInt evalSteps,
    OptionalInt saveSteps,
    OptionalInt saveTotalLimit,
    boolean loadBestModelAtEnd,
    Optional<String> metricForBestModel,
    OptionalInt earlyStoppingPatience) {

  public static final int DEFAULT_LOGGING_STEPS = 1;

  public LoopConfig {
    Check.atLeast("--logging-steps", 1, loggingSteps);
    evalSteps.ifPresent(steps -> Check.atLeast("--eval-steps", 1, steps));
    saveSteps.ifPresent(steps -> Check.atLeast("--save-steps", 1, steps));
    saveTotalLimit.ifPresent(count -> Check.atLeast("--save-total-limit", 1, count));
    earlyStoppingPatience.ifPresent(count -> Check.atLeast("--early-stopping-patience", 1, count));
  }
}

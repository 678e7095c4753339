package dev.belay.train.config;

import java.util.OptionalDouble;

/**
 * What happens when a step's numbers are not usable.
 *
 * @param onNonfinite what to do about a loss or a norm that is not finite, or that explodes
 * @param maxSkippedSteps steps in a row that may be skipped before the run stops
 * @param maxRollbacks returns to a checkpoint before the run stops
 * @param explodeFactor a norm above the running median times this counts as exploding; empty: never
 */
public record StabilityConfig(
    Policy onNonfinite, int maxSkippedSteps, int maxRollbacks, OptionalDouble explodeFactor) {

  public static final Policy DEFAULT_ON_NONFINITE = Policy.HALT;
  public static final int DEFAULT_MAX_SKIPPED_STEPS = 10;
  public static final int DEFAULT_MAX_ROLLBACKS = 3;

  /** What to do. */
  public enum Policy {
    /** Stop, and say why. */
    HALT,
    /** Leave the update out and go on with the next batch. */
    SKIP,
    /** Return to the last checkpoint and go on with the next batch. */
    ROLLBACK
  }

  public StabilityConfig {
    new Check()
        .atLeast("--max-skipped-steps", 1, maxSkippedSteps)
        .atLeast("--max-rollbacks", 1, maxRollbacks)
        .that(
            explodeFactor.isEmpty() || explodeFactor.getAsDouble() > 1,
            "--explode-factor",
            "a number above 1",
            explodeFactor)
        .verify();
  }

  /** What the command line takes without options. */
  public static StabilityConfig defaults() {
    return new StabilityConfig(
        DEFAULT_ON_NONFINITE,
        DEFAULT_MAX_SKIPPED_STEPS,
        DEFAULT_MAX_ROLLBACKS,
        OptionalDouble.empty());
  }
}

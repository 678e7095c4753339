package dev.belay.train.config;

import java.util.OptionalDouble;

/** Actions on a step whose numbers are unusable. */
@Section.Of(Section.STABILITY)
public record StabilityConfig(
    @Option(
            name = "on-nonfinite",
            label = "POLICY",
            help =
                "When loss or norm is not finite: halt, skip the step, or rollback to the last "
                    + "checkpoint; the last two continue with the next batch.",
            defaultValue = "halt",
            onResume = Option.OnResume.LOG,
            refusedBySweep = "an arm that diverges ends, and the next one starts")
        Policy onNonfinite,
    @Option(
            name = "max-skipped-steps",
            label = "N",
            help = "Steps in a row that may be skipped before the run stops.",
            defaultValue = "10",
            onResume = Option.OnResume.LOG)
        int maxSkippedSteps,
    @Option(
            name = "max-rollbacks",
            label = "N",
            help = "Rollbacks before the run stops.",
            defaultValue = "3",
            onResume = Option.OnResume.LOG,
            refusedBySweep = "an arm that diverges ends, and the next one starts")
        int maxRollbacks,
    @Option(
            name = "explode-factor",
            label = "R",
            help =
                "A norm above the running median times this is treated like one that is not"
                    + " finite (default: never).",
            refusedBySweep = "an arm that diverges ends, and the next one starts")
        OptionalDouble explodeFactor) {

  /** Action on a step that is not finite. */
  public enum Policy {
    /** Stop the run with an error that has the reason. */
    HALT,
    /** Skip the update and continue with the next batch. */
    SKIP,
    /** Restore the last checkpoint and continue with the next batch. */
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

  /** Defaults of the command line. */
  public static StabilityConfig defaults() {
    return ConfigBinder.defaults(StabilityConfig.class);
  }
}

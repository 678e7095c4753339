package dev.belay.train.config;

import java.util.OptionalInt;

/** Length of the training and schedule of the learning rate. */
@Section.Of(Section.SCHEDULE)
public record ScheduleConfig(
    @Option(
            name = "lr-scheduler",
            label = "SHAPE",
            help =
                "The learning rate after warm-up: constant, linear, cosine, polynomial or"
                    + " inverse_sqrt.",
            defaultValue = "linear")
        Kind kind,
    @Option(
            name = "lr-end",
            label = "R",
            help = "Final learning rate of a linear or polynomial schedule.",
            defaultValue = "0")
        double end,
    @Option(
            name = "lr-power",
            label = "X",
            help = "The exponent of a polynomial schedule; 1 is a straight line.",
            defaultValue = "1")
        double power,
    @Option(
            name = "warmup-steps",
            label = "N",
            help = "Steps of warm-up to the peak learning rate (default: --warmup-ratio).")
        OptionalInt warmupSteps,
    @Option(
            name = "warmup-ratio",
            label = "R",
            help = "Warm-up as a share of all steps.",
            defaultValue = "0",
            replacedBy = "warmup-steps")
        double warmupRatio,
    @Option(
            name = "num-train-epochs",
            label = "N",
            help = "Passes over the training data; may be a fraction.",
            defaultValue = "3",
            place = -1,
            replacedBy = "max-steps")
        double numTrainEpochs,
    @Option(
            name = "max-steps",
            label = "N",
            help = "Number of updates, instead of --num-train-epochs.",
            place = -1)
        OptionalInt maxSteps) {

  /** The shapes of schedules. */
  public enum Kind {
    CONSTANT,
    LINEAR,
    COSINE,
    POLYNOMIAL,
    INVERSE_SQRT
  }

  public ScheduleConfig {
    new Check()
        .notNegative("--lr-end", end)
        .positive("--lr-power", power)
        .that(
            end == 0 || kind == Kind.LINEAR || kind == Kind.POLYNOMIAL,
            "--lr-end is the end of a linear or polynomial schedule: leave it out, or choose"
                + " another --lr-scheduler")
        .that(
            power == 1 || kind == Kind.POLYNOMIAL,
            "--lr-power shapes a polynomial schedule: leave it out, or add --lr-scheduler"
                + " polynomial")
        .atLeast("--warmup-steps", 0, warmupSteps)
        .fraction("--warmup-ratio", warmupRatio)
        .that(
            warmupSteps.isEmpty() || warmupRatio == 0,
            "--warmup-steps and --warmup-ratio are both given: choose one")
        .positive("--num-train-epochs", numTrainEpochs)
        .atLeast("--max-steps", 1, maxSteps)
        .verify();
  }

  /** Number of all updates, for a data set of that many batches. */
  public long totalSteps(int batchesPerEpoch) {
    return maxSteps.isPresent()
        ? maxSteps.getAsInt()
        : Math.max(1, (long) Math.ceil(numTrainEpochs * batchesPerEpoch));
  }

  /**
   * Steps of warm-up, for a run of that many updates; a ratio is rounded up as Hugging Face does.
   */
  public long warmupSteps(long totalSteps) {
    return warmupSteps.isPresent()
        ? warmupSteps.getAsInt()
        : (long) Math.ceil(warmupRatio * totalSteps);
  }

  /** Defaults of the command line. */
  public static ScheduleConfig defaults() {
    return ConfigBinder.defaults(ScheduleConfig.class);
  }
}

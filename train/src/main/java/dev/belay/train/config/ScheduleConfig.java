package dev.belay.train.config;

import java.util.OptionalInt;

/**
 * How long to train and how the learning rate goes.
 *
 * @param kind the shape after warm-up
 * @param end the learning rate at the end of a linear or polynomial schedule
 * @param power the exponent of a polynomial one; 1 is a straight line
 * @param warmupSteps steps of linear warm-up; empty: by ratio
 * @param warmupRatio share of all steps, used where warmupSteps is empty
 * @param numTrainEpochs passes over the training data, used where maxSteps is empty; may be a
 *     fraction
 * @param maxSteps updates; wins over epochs
 */
public record ScheduleConfig(
    Kind kind,
    double end,
    double power,
    OptionalInt warmupSteps,
    double warmupRatio,
    double numTrainEpochs,
    OptionalInt maxSteps) {

  public static final Kind DEFAULT_KIND = Kind.LINEAR;
  public static final double DEFAULT_POWER = 1;
  public static final double DEFAULT_NUM_TRAIN_EPOCHS = 3;

  /** The shapes. */
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
            "--lr-end is the end of a linear or polynomial schedule: leave it out, or choose another"
                + " --lr-scheduler")
        .that(
            power == DEFAULT_POWER || kind == Kind.POLYNOMIAL,
            "--lr-power shapes a polynomial schedule: leave it out, or add --lr-scheduler polynomial")
        .atLeast("--warmup-steps", 0, warmupSteps)
        .fraction("--warmup-ratio", warmupRatio)
        .that(
            warmupSteps.isEmpty() || warmupRatio == 0,
            "--warmup-steps and --warmup-ratio are both given: choose one")
        .positive("--num-train-epochs", numTrainEpochs)
        .atLeast("--max-steps", 1, maxSteps)
        .verify();
  }

  /** Updates in all, for a data set of that many batches. */
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

  /** The same course over that many updates. */
  public ScheduleConfig withMaxSteps(int steps) {
    return new ScheduleConfig(
        kind, end, power, warmupSteps, warmupRatio, numTrainEpochs, OptionalInt.of(steps));
  }

  /** What the command line takes without options. */
  public static ScheduleConfig defaults() {
    return new ScheduleConfig(
        DEFAULT_KIND,
        0,
        DEFAULT_POWER,
        OptionalInt.empty(),
        0,
        DEFAULT_NUM_TRAIN_EPOCHS,
        OptionalInt.empty());
  }
}

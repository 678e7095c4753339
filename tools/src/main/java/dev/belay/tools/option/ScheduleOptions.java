package dev.belay.tools.option;

import dev.belay.train.config.ScheduleConfig;
import java.util.Optional;
import java.util.OptionalInt;
import picocli.CommandLine.Option;

/** How long to train and how the learning rate goes. */
@Section("Schedule")
public final class ScheduleOptions {
  @Option(
      names = "--num-train-epochs",
      paramLabel = "N",
      description = "Passes over the training data; may be a fraction.")
  private double numTrainEpochs = ScheduleConfig.DEFAULT_NUM_TRAIN_EPOCHS;

  @Option(
      names = "--max-steps",
      paramLabel = "N",
      description = "Updates, instead of --num-train-epochs.")
  private Optional<Integer> maxSteps = Optional.empty();

  @Option(
      names = "--lr-scheduler",
      paramLabel = "SHAPE",
      description =
          "The learning rate after warm-up: constant, linear, cosine, polynomial or inverse_sqrt.")
  private ScheduleConfig.Kind kind = ScheduleConfig.DEFAULT_KIND;

  @Option(
      names = "--lr-end",
      paramLabel = "R",
      description = "Where a linear or polynomial schedule ends.")
  private double end;

  @Option(
      names = "--lr-power",
      paramLabel = "X",
      description = "The exponent of a polynomial schedule; 1 is a straight line.")
  private double power = ScheduleConfig.DEFAULT_POWER;

  @Option(
      names = "--warmup-steps",
      paramLabel = "N",
      description = "Steps in which the learning rate rises to its peak (default: --warmup-ratio).")
  private Optional<Integer> warmupSteps = Optional.empty();

  @Option(
      names = "--warmup-ratio",
      paramLabel = "R",
      description = "The same as a share of all steps.")
  private double warmupRatio;

  /** The schedule. */
  public ScheduleConfig toConfig() {
    return new ScheduleConfig(
        kind,
        end,
        power,
        optionalInt(warmupSteps),
        warmupRatio,
        numTrainEpochs,
        optionalInt(maxSteps));
  }

  static OptionalInt optionalInt(Optional<Integer> value) {
    return value.isPresent() ? OptionalInt.of(value.get()) : OptionalInt.empty();
  }
}

package dev.belay.tools.option;

import dev.belay.train.config.StabilityConfig;
import dev.belay.train.config.UpdateConfig;
import java.util.Optional;
import java.util.OptionalDouble;
import picocli.CommandLine.Option;

/** How the gradient of an update is computed, and what happens when it is not usable. */
@Section("Stability")
public final class StabilityOptions {
  @Option(
      names = "--gradient-accumulation-steps",
      paramLabel = "N",
      description =
          "Batches of --train-batch-size whose gradients are added up for one step, before they are"
              + " clipped.")
  private int accumulationSteps = UpdateConfig.DEFAULT_GRADIENT_ACCUMULATION_STEPS;

  @Option(
      names = "--precision",
      paramLabel = "FORMAT",
      description =
          "fp32, bf16 or fp16 for the forward and backward pass, where the machine has kernels for"
              + " it; weights and update stay fp32.")
  private UpdateConfig.Precision precision = UpdateConfig.DEFAULT_PRECISION;

  @Option(
      names = "--loss-scale",
      paramLabel = "S",
      description = "Of fp16: the loss scale to begin with; halved after each overflow.")
  private int lossScale = UpdateConfig.DEFAULT_LOSS_SCALE;

  @Option(
      names = "--loss-scale-growth",
      paramLabel = "N",
      description = "Of fp16: good steps in a row before the loss scale is doubled.")
  private int lossScaleGrowth = UpdateConfig.DEFAULT_LOSS_SCALE_GROWTH;

  @Option(
      names = "--on-nonfinite",
      paramLabel = "POLICY",
      description =
          "When loss or norm is not finite: halt, skip the step, or rollback to the last"
              + " checkpoint; the last two go on with the next batch.")
  private StabilityConfig.Policy onNonfinite = StabilityConfig.DEFAULT_ON_NONFINITE;

  @Option(
      names = "--max-skipped-steps",
      paramLabel = "N",
      description = "Steps in a row that may be skipped before the run stops.")
  private int maxSkippedSteps = StabilityConfig.DEFAULT_MAX_SKIPPED_STEPS;

  @Option(
      names = "--max-rollbacks",
      paramLabel = "N",
      description = "Rollbacks before the run stops.")
  private int maxRollbacks = StabilityConfig.DEFAULT_MAX_ROLLBACKS;

  @Option(
      names = "--explode-factor",
      paramLabel = "R",
      description =
          "A norm above the running median times this is treated like one that is not finite"
              + " (default: never).")
  private Optional<Double> explodeFactor = Optional.empty();

  /** How a gradient is computed. */
  public UpdateConfig toUpdateConfig() {
    return new UpdateConfig(accumulationSteps, precision, lossScale, lossScaleGrowth);
  }

  /** What happens when it is not usable. */
  public StabilityConfig toStabilityConfig() {
    return new StabilityConfig(
        onNonfinite,
        maxSkippedSteps,
        maxRollbacks,
        explodeFactor.isPresent()
            ? OptionalDouble.of(explodeFactor.get())
            : OptionalDouble.empty());
  }
}

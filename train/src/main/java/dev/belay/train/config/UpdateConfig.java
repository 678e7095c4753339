package dev.belay.train.config;

/**
 * How the gradient of one update is computed.
 *
 * @param gradientAccumulationSteps batches whose gradients are added up for one update
 * @param precision of forward and backward pass; norms, clip, moments and weights are float32
 * @param lossScale of fp16: the scale that the run begins with
 * @param lossScaleGrowth of fp16: good steps in a row before the scale is doubled
 */
public record UpdateConfig(
    int gradientAccumulationSteps, Precision precision, int lossScale, int lossScaleGrowth) {

  public static final int DEFAULT_GRADIENT_ACCUMULATION_STEPS = 1;
  public static final Precision DEFAULT_PRECISION = Precision.FP32;
  public static final int DEFAULT_LOSS_SCALE = 32_768;
  public static final int DEFAULT_LOSS_SCALE_GROWTH = 2000;

  /** Number formats of the forward and backward pass. */
  public enum Precision {
    FP32,
    BF16,
    FP16
  }

  public UpdateConfig {
    new Check()
        .atLeast("--gradient-accumulation-steps", 1, gradientAccumulationSteps)
        .that(
            Integer.bitCount(lossScale) == 1 && lossScale > 0,
            "--loss-scale",
            "a power of two of at least 1",
            lossScale)
        .atLeast("--loss-scale-growth", 1, lossScaleGrowth)
        .verify();
  }

  /** Updates of an epoch of that many batches; the last one of an epoch may be short. */
  public int updates(int batches) {
    return (batches + gradientAccumulationSteps - 1) / gradientAccumulationSteps;
  }

  /** What the command line takes without options. */
  public static UpdateConfig defaults() {
    return new UpdateConfig(
        DEFAULT_GRADIENT_ACCUMULATION_STEPS,
        DEFAULT_PRECISION,
        DEFAULT_LOSS_SCALE,
        DEFAULT_LOSS_SCALE_GROWTH);
  }
}

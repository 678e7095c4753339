package dev.belay.train.config;

import java.util.OptionalInt;

/** Computation of the gradient of one update. */
@Section.Of(Section.STABILITY)
public record UpdateConfig(
    @Option(
            name = "gradient-accumulation-steps",
            label = "N",
            help =
                "Number of batches whose gradients are accumulated for one update, before the "
                    + "clip.",
            defaultValue = "1")
        int gradientAccumulationSteps,
    @Option(
            name = "mini-batch-size",
            label = "N",
            help =
                "For pairs of texts: number of texts that the model reads at a time, by cached"
                    + " gradients; each text is still compared with the whole --train-batch-size"
                    + " (default: all at once).")
        OptionalInt miniBatchSize,
    @Option(
            name = "precision",
            label = "FORMAT",
            help =
                "Precision of the forward and backward pass: fp32, bf16 or fp16, if the machine "
                    + "has kernels for it; weights and update stay fp32.",
            defaultValue = "fp32")
        Precision precision,
    @Option(
            name = "loss-scale",
            label = "S",
            help = "For fp16: initial loss scale, halved after each overflow.",
            defaultValue = "32768")
        int lossScale,
    @Option(
            name = "loss-scale-growth",
            label = "N",
            help = "For fp16: good steps in a row before the loss scale is doubled.",
            defaultValue = "2000")
        int lossScaleGrowth,
    @Option(
            name = "full-vocabulary",
            help =
                "Hold all rows of the word embeddings in the session. By default a model built by"
                    + " Belay holds those that the texts use, if these are at most half; the"
                    + " others only decay, and checkpoints and exports have all.",
            section = Section.MACHINE,
            trainingOnly = true,
            onResume = Option.OnResume.LOG)
        boolean fullVocabulary) {

  /** Number formats of the forward and backward pass. */
  public enum Precision {
    FP32,
    BF16,
    FP16
  }

  public UpdateConfig {
    new Check()
        .atLeast("--gradient-accumulation-steps", 1, gradientAccumulationSteps)
        .atLeast("--mini-batch-size", 1, miniBatchSize.orElse(1))
        .that(
            Integer.bitCount(lossScale) == 1 && lossScale > 0,
            "--loss-scale",
            "a power of two of at least 1",
            lossScale)
        .atLeast("--loss-scale-growth", 1, lossScaleGrowth)
        .verify();
  }

  /** Whether several passes make an update. */
  public boolean accumulates() {
    return gradientAccumulationSteps > 1 || miniBatchSize.isPresent();
  }

  /** Number of updates in an epoch of that many batches; the last update may have fewer batches. */
  public int updates(int batches) {
    return (batches + gradientAccumulationSteps - 1) / gradientAccumulationSteps;
  }

  /** Defaults of the command line. */
  public static UpdateConfig defaults() {
    return ConfigBinder.defaults(UpdateConfig.class);
  }
}

package dev.belay.tools.option;

import dev.belay.train.config.ClipConfig;
import dev.belay.train.config.OptimizerConfig;
import picocli.CommandLine.Option;

/** The update rule, and the clip before it. */
@Section("Update")
public final class OptimizerOptions {
  @Option(
      names = "--optimizer",
      paramLabel = "RULE",
      description = "adam, adamw, bert_adam, sgd or momentum.")
  private OptimizerConfig.Kind kind = OptimizerConfig.DEFAULT_KIND;

  @Option(names = "--learning-rate", paramLabel = "R", description = "The peak of the schedule.")
  private double learningRate = OptimizerConfig.DEFAULT_LEARNING_RATE;

  @Option(
      names = "--weight-decay",
      paramLabel = "R",
      description =
          "Decoupled weight decay of adamw and bert_adam; none on biases and normalisation weights.")
  private double weightDecay = OptimizerConfig.DEFAULT_WEIGHT_DECAY;

  @Option(names = "--adam-beta1", paramLabel = "R", description = "Decay of the first moment.")
  private double beta1 = OptimizerConfig.DEFAULT_BETA1;

  @Option(names = "--adam-beta2", paramLabel = "R", description = "Decay of the second moment.")
  private double beta2 = OptimizerConfig.DEFAULT_BETA2;

  @Option(
      names = "--adam-epsilon",
      paramLabel = "R",
      description = "Added to the root of the second moment.")
  private double epsilon = OptimizerConfig.DEFAULT_EPSILON;

  @Option(names = "--momentum", paramLabel = "R", description = "Of the momentum rule.")
  private double momentum = OptimizerConfig.DEFAULT_MOMENTUM;

  @Option(
      names = "--max-grad-norm",
      paramLabel = "C",
      description = "Gradients whose global norm is above this are scaled down to it.")
  private double maxGradNorm = ClipConfig.DEFAULT_MAX_GRAD_NORM;

  @Option(
      names = "--clip-mode",
      paramLabel = "RULE",
      description = "global_norm or none; the norm is measured in either case.")
  private ClipConfig.Mode clipMode = ClipConfig.DEFAULT_MODE;

  /** The update rule. */
  public OptimizerConfig toConfig() {
    return new OptimizerConfig(kind, learningRate, weightDecay, beta1, beta2, epsilon, momentum);
  }

  /** The clip. */
  public ClipConfig toClipConfig() {
    return new ClipConfig(clipMode, maxGradNorm);
  }
}

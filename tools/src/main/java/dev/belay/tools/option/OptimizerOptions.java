package dev.belay.tools.option;

import dev.belay.train.config.OptimizerConfig;
import picocli.CommandLine.Option;

/** The update rule. */
@Section("Update")
public final class OptimizerOptions {
  @Option(
      names = "--optimizer",
      paramLabel = "RULE",
      description =
          "adam, adamw, bert_adam, adam_torch, adamw_torch, sgd, momentum, keras_momentum, lamb or"
              + " adafactor.")
  private OptimizerConfig.Kind kind = OptimizerConfig.DEFAULT_KIND;

  @Option(names = "--learning-rate", paramLabel = "R", description = "The peak of the schedule.")
  private double learningRate = OptimizerConfig.DEFAULT_LEARNING_RATE;

  @Option(
      names = "--weight-decay",
      paramLabel = "R",
      description =
          "Decoupled weight decay of adamw, adamw_torch, bert_adam, lamb and adafactor; none on"
              + " biases and normalisation weights.")
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

  @Option(names = "--momentum", paramLabel = "R", description = "Of the momentum rules.")
  private double momentum = OptimizerConfig.DEFAULT_MOMENTUM;

  @Option(
      names = "--nesterov",
      description = "The update looks ahead: adam, momentum and keras_momentum.")
  private boolean nesterov;

  @Option(
      names = "--amsgrad",
      description =
          "Adam divides by the largest mean of squares so far: adam, adamw and their PyTorch forms.")
  private boolean amsgrad;

  /** The update rule. */
  public OptimizerConfig toConfig() {
    return new OptimizerConfig(
        kind,
        learningRate,
        weightDecay,
        beta1,
        beta2,
        epsilon,
        momentum,
        new OptimizerConfig.Look(nesterov, amsgrad));
  }
}

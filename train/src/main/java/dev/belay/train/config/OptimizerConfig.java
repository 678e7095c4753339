package dev.belay.train.config;

import java.util.Set;

/**
 * The update rule; formulas in docs/numerics.md.
 *
 * @param look variants of the update besides the plain means
 */
@Section.Of(Section.UPDATE)
public record OptimizerConfig(
    @Option(
            name = "optimizer",
            label = "RULE",
            help =
                "Optimizer: adam, adamw, bert_adam, adam_torch, adamw_torch, sgd, momentum, "
                    + "keras_momentum, lamb or adafactor.",
            defaultValue = "adamw")
        Kind kind,
    @Option(
            name = "learning-rate",
            label = "R",
            help = "Peak learning rate of the schedule.",
            defaultValue = "5e-5",
            identifiesSweep = false)
        double learningRate,
    @Option(
            name = "weight-decay",
            label = "R",
            help =
                "Decoupled weight decay of adamw, adamw_torch, bert_adam, lamb and adafactor;"
                    + " none on biases and normalisation weights.",
            defaultValue = "0.01")
        double weightDecay,
    @Option(
            name = "adam-beta1",
            label = "R",
            help = "Decay of the first moment.",
            defaultValue = "0.9")
        double beta1,
    @Option(
            name = "adam-beta2",
            label = "R",
            help = "Decay of the second moment.",
            defaultValue = "0.999")
        double beta2,
    @Option(
            name = "adam-epsilon",
            label = "R",
            help = "Added to the root of the second moment.",
            defaultValue = "1e-8")
        double epsilon,
    @Option(
            name = "momentum",
            label = "R",
            help = "Momentum of the momentum optimizers.",
            defaultValue = "0.9")
        double momentum,
    Look look) {

  /** Variants of the update rule. */
  @Section.Of(Section.UPDATE)
  public record Look(
      @Option(
              name = "nesterov",
              help = "Use Nesterov momentum, for adam, momentum and keras_momentum.")
          boolean nesterov,
      @Option(
              name = "amsgrad",
              help =
                  "Use AMSGrad, the largest second moment so far, for adam, adamw and their "
                      + "PyTorch forms.")
          boolean amsgrad) {}

  /** The update rules. */
  public enum Kind {
    ADAM,
    ADAMW,
    BERT_ADAM,
    ADAM_TORCH,
    ADAMW_TORCH,
    SGD,
    MOMENTUM,
    KERAS_MOMENTUM,
    LAMB,
    ADAFACTOR
  }

  private static final Set<Kind> LOOK_AHEAD = Set.of(Kind.ADAM, Kind.MOMENTUM, Kind.KERAS_MOMENTUM);
  private static final Set<Kind> LOOK_BACK =
      Set.of(Kind.ADAM, Kind.ADAMW, Kind.ADAM_TORCH, Kind.ADAMW_TORCH);

  public OptimizerConfig {
    new Check()
        .positive("--learning-rate", learningRate)
        .notNegative("--weight-decay", weightDecay)
        .fraction("--adam-beta1", beta1)
        .fraction("--adam-beta2", beta2)
        .positive("--adam-epsilon", epsilon)
        .fraction("--momentum", momentum)
        .that(
            !look.nesterov() || LOOK_AHEAD.contains(kind),
            "--nesterov",
            "an optimizer that looks ahead: adam, momentum or keras_momentum",
            kind)
        .that(
            !look.amsgrad() || LOOK_BACK.contains(kind),
            "--amsgrad",
            "an optimizer that looks back: adam, adamw, adam_torch or adamw_torch",
            kind)
        .that(!look.nesterov() || !look.amsgrad(), "--nesterov and --amsgrad: choose one")
        .verify();
  }

  /** Defaults of the command line. */
  public static OptimizerConfig defaults() {
    return ConfigBinder.defaults(OptimizerConfig.class);
  }
}

package dev.belay.train.config;

import java.util.Set;

/**
 * The update rule; formulas in docs/numerics.md.
 *
 * @param kind which rule
 * @param learningRate the peak of the schedule
 * @param weightDecay decoupled, of all rules but adam, adam_torch, sgd and the momentum rules;
 *     never on biases and normalisation weights
 * @param beta1 decay of the first moment
 * @param beta2 decay of the second moment
 * @param epsilon added to the root of the second moment
 * @param momentum of the momentum rules
 * @param look what the update looks at besides the plain means
 */
public record OptimizerConfig(
    Kind kind,
    double learningRate,
    double weightDecay,
    double beta1,
    double beta2,
    double epsilon,
    double momentum,
    Look look) {

  public static final Kind DEFAULT_KIND = Kind.ADAMW;
  public static final double DEFAULT_LEARNING_RATE = 5e-5;
  public static final double DEFAULT_WEIGHT_DECAY = 0.01;
  public static final double DEFAULT_BETA1 = 0.9;
  public static final double DEFAULT_BETA2 = 0.999;
  public static final double DEFAULT_EPSILON = 1e-8;
  public static final double DEFAULT_MOMENTUM = 0.9;
  public static final Look DEFAULT_LOOK = new Look(false, false);

  /**
   * What an update looks at.
   *
   * @param nesterov ahead: the momentum rules and adam
   * @param amsgrad back: the largest mean of squares so far; adam, adamw and their PyTorch forms
   */
  public record Look(boolean nesterov, boolean amsgrad) {}

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

  /** The same rule with another peak of the schedule. */
  public OptimizerConfig withLearningRate(double rate) {
    return new OptimizerConfig(kind, rate, weightDecay, beta1, beta2, epsilon, momentum, look);
  }

  /** What the command line takes without options. */
  public static OptimizerConfig defaults() {
    return new OptimizerConfig(
        DEFAULT_KIND,
        DEFAULT_LEARNING_RATE,
        DEFAULT_WEIGHT_DECAY,
        DEFAULT_BETA1,
        DEFAULT_BETA2,
        DEFAULT_EPSILON,
        DEFAULT_MOMENTUM,
        DEFAULT_LOOK);
  }
}

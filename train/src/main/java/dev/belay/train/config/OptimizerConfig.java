package dev.belay.train.config;

/**
 * The update rule; formulas in docs/numerics.md.
 *
 * @param kind which rule
 * @param learningRate the peak of the schedule
 * @param weightDecay decoupled, of adamw and bert_adam; never on biases and normalisation weights
 * @param beta1 decay of the first moment
 * @param beta2 decay of the second moment
 * @param epsilon added to the root of the second moment
 * @param momentum of the momentum rule
 */
public record OptimizerConfig(
    Kind kind,
    double learningRate,
    double weightDecay,
    double beta1,
    double beta2,
    double epsilon,
    double momentum) {

  public static final Kind DEFAULT_KIND = Kind.ADAMW;
  public static final double DEFAULT_LEARNING_RATE = 5e-5;
  public static final double DEFAULT_WEIGHT_DECAY = 0.01;
  public static final double DEFAULT_BETA1 = 0.9;
  public static final double DEFAULT_BETA2 = 0.999;
  public static final double DEFAULT_EPSILON = 1e-8;
  public static final double DEFAULT_MOMENTUM = 0.9;

  /** The update rules. */
  public enum Kind {
    ADAM,
    ADAMW,
    BERT_ADAM,
    SGD,
    MOMENTUM
  }

  public OptimizerConfig {
    new Check()
        .positive("--learning-rate", learningRate)
        .notNegative("--weight-decay", weightDecay)
        .fraction("--adam-beta1", beta1)
        .fraction("--adam-beta2", beta2)
        .positive("--adam-epsilon", epsilon)
        .fraction("--momentum", momentum)
        .verify();
  }

  /** The same rule with another peak of the schedule. */
  public OptimizerConfig withLearningRate(double rate) {
    return new OptimizerConfig(kind, rate, weightDecay, beta1, beta2, epsilon, momentum);
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
        DEFAULT_MOMENTUM);
  }
}

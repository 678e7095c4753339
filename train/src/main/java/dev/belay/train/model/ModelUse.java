package dev.belay.train.model;

import java.util.EnumSet;
import java.util.Set;

/** A use of a model, which decides what is worth saying about it. */
public enum ModelUse {
  /** Training without validation data. */
  TRAINING,

  /** Training with evaluations. */
  VALIDATED_TRAINING,

  /** Evaluation alone. */
  EVALUATION,

  /** Prediction, without labels or a loss. */
  PREDICTION;

  /** The uses that update weights. */
  static Set<ModelUse> trainings() {
    return EnumSet.of(TRAINING, VALIDATED_TRAINING);
  }

  /** The uses that compute a loss. */
  static Set<ModelUse> withLoss() {
    return EnumSet.complementOf(EnumSet.of(PREDICTION));
  }
}

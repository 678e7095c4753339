package dev.belay.train.model;

import dev.belay.savedmodel.model.ModelFunction;
import dev.belay.savedmodel.model.ModelFunction.Argument;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The function of a SavedModel that computes the loss from inputs and labels, and the one that
 * predicts.
 *
 * @param training to train through
 * @param evaluation to evaluate through; the same unless the model has a switch
 * @param output the loss
 * @param labels the input with the labels
 * @param labelPadding class that the model gets in place of -100; empty: -100
 * @param prediction what the model predicts; empty if nothing was found
 */
record LossFunction(
    ModelFunction training,
    ModelFunction evaluation,
    Argument output,
    Argument labels,
    OptionalInt labelPadding,
    Optional<Prediction> prediction) {

  /**
   * The output with predictions.
   *
   * @param function the evaluation function of the loss, or another one
   * @param isNamed whether the user named it
   */
  record Prediction(ModelFunction function, Argument output, boolean isNamed) {}

  /** Whether each token has a label. */
  boolean isPerToken() {
    return labels.shape().numDimensions() == 2 && labels.shape().get(1) != 1;
  }

  /** Whether labels are classes, not numbers. */
  boolean hasClasses() {
    return switch (labels.dtype()) {
      case DT_INT32, DT_INT64 -> true;
      default -> false;
    };
  }
}

package dev.belay.train;

import java.util.List;

/**
 * The number that a model predicts for an input.
 *
 * @param score the number
 * @param logits the same as the model gives it
 */
public record RegressionValue(double score, List<Float> logits)
    implements ModelEvaluation.Prediction {}

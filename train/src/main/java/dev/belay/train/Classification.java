package dev.belay.train;

import java.util.List;

/**
 * The class of an input.
 *
 * @param label the most probable class; its number where the names are not known
 * @param score its probability
 * @param logits as the model gives them, one for each class
 */
public record Classification(String label, double score, List<Float> logits)
    implements ModelEvaluation.Prediction {}

package dev.belay.train;

import java.util.List;

/**
 * What a model says of each token of an input.
 *
 * @param logits [T, C] for the input's own tokens, padding left out
 */
public record TokenLogits(List<List<Float>> logits) implements ModelEvaluation.Prediction {}

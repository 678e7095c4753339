package dev.belay.train;

/**
 * What a language model writes: how a text goes on, or a text about it.
 *
 * @param generatedText without special tokens
 * @param logProbability sum of the logarithms of its tokens' probabilities
 * @param tokens how many were written
 */
public record GeneratedText(String generatedText, double logProbability, int tokens)
    implements ModelEvaluation.Prediction {}

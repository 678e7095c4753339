package dev.belay.train.task;

/**
 * A text that was written.
 *
 * @param generatedText without special tokens
 * @param logProbability sum of the logarithms of its tokens' probabilities
 * @param tokens how many were written
 */
public record GeneratedText(String generatedText, double logProbability, int tokens)
    implements Prediction {}

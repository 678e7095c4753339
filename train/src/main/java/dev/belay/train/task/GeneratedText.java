package dev.belay.train.task;

/**
 * A text that was written.
 *
 * @param generatedText without special tokens
 * @param logProbability sum of the logarithms of its tokens' probabilities
 * @param tokens number of generated tokens
 */
public record GeneratedText(String generatedText, double logProbability, int tokens)
    implements Prediction {}

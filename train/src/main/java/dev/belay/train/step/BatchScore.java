package dev.belay.train.step;

/**
 * How well one batch was answered, without the answers.
 *
 * @param lossSum over the counted labels
 * @param weight how many labels were counted
 * @param right how many of those were answered by the likeliest class
 */
public record BatchScore(double lossSum, double weight, double right) {}

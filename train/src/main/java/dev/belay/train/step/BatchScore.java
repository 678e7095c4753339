package dev.belay.train.step;

/**
 * Loss and accuracy sums of one batch, without its predictions.
 *
 * @param lossSum over the counted labels
 * @param weight number of counted labels
 * @param right number of counted labels that are the most likely class
 */
public record BatchScore(double lossSum, double weight, double right) {}

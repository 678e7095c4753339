package dev.belay.train.event;

/**
 * Euclidean norms of one step for one variable, or for the variables of one layer.
 *
 * @param name of the variable or layer
 * @param gradient before clipping
 * @param weight before the update
 * @param update the weight after the step minus the weight before it, learning rate included
 */
public record VariableNorm(String name, float gradient, float weight, float update) {

  /**
   * Ratio of the norms of update and weights; about 1e-3 is usual from scratch, less when
   * fine-tuning. Infinite for weights that are all 0 and move, 0 if they do not.
   */
  public double updateRatio() {
    return update == 0 ? 0 : update / (double) weight;
  }
}

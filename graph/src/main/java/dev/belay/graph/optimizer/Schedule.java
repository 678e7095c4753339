package dev.belay.graph.optimizer;

/**
 * Learning rate of each step, computed in double.
 *
 * <p>With warm-up over W steps, step t (from 1) up to W has {@code peak * (t - 1) / W}: the first
 * step has rate 0, as in Hugging Face's get_*_schedule_with_warmup and google-research/bert.
 */
public interface Schedule {
  /**
   * The learning rate of a step.
   *
   * @param step from 1
   */
  double at(long step);
}

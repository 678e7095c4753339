package dev.belay.graph.optimizer;

import org.tensorflow.op.Ops;

/** How gradients change variables. One class for each rule. */
public interface Optimizer {
  /**
   * Adds slots and updates to the graph.
   *
   * @param tf where nodes go that need not wait: slots, their initial values, their reads
   * @param request what to update, and after what
   */
  Updates build(Ops tf, UpdateRequest request);
}

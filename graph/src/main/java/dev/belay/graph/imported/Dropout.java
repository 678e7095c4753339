package dev.belay.graph.imported;

/** Treatment of the random numbers that a forward pass draws. */
public enum Dropout {
  /** Drawn from the run's seed, the node and the step, so that a step can be repeated exactly. */
  ON,
  /**
   * Every recognised dropout of a call that trains passes its input on; any other random op of such
   * a call is refused.
   */
  OFF,
  /** Every recognised dropout passes its input on; any other random op draws. */
  OFF_WHERE_RECOGNISED
}

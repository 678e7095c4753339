package dev.belay.graph.optimizer;

/** Variant of Adam's update. */
public enum AdamVariant {
  /** The two means, without a change. */
  PLAIN,
  /** The mean of gradients as the next step will have it: {@code b1 m + (1 - b1) g} for m. */
  NESTEROV,
  /** The largest mean of squares so far, as amsgrad in Keras and PyTorch. */
  AMSGRAD
}

package dev.belay.graph.optimizer;

/** Variant of Adam's update. */
public enum AdamVariant {
  /** The two means. */
  PLAIN,
  /** The mean of gradients as the next step will have it: {@code b1 m + (1 - b1) g} for m. */
  NESTEROV,
  /** The largest mean of squares that was seen so far, as Keras' and PyTorch's amsgrad. */
  AMSGRAD
}

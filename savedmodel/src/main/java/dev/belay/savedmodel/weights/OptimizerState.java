package dev.belay.savedmodel.weights;

import dev.belay.savedmodel.tensor.NamedTensors;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;

/**
 * State of an optimizer in a checkpoint.
 *
 * @param slots by the slot's name, Adam's are "m" and "v": tensors under the canonical names of the
 *     weights they belong to, in their form
 * @param step number of updates made, if the checkpoint holds it
 */
public record OptimizerState(Map<String, NamedTensors> slots, OptionalLong step) {
  /** Name of the slot with the mean of gradients. */
  public static final String MEAN = "m";

  /** Name of the slot with the mean of squared gradients. */
  public static final String SQUARES = "v";

  static final String MOMENTUM = "momentum";

  public OptimizerState {
    slots = Collections.unmodifiableMap(new LinkedHashMap<>(slots));
  }
}

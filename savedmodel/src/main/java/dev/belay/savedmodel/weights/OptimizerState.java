package dev.belay.savedmodel.weights;

import dev.belay.savedmodel.tensor.NamedTensors;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;

/**
 * What an optimizer had gathered when a checkpoint was written.
 *
 * @param slots by the slot's name, Adam's are "m" and "v": tensors under the canonical names of the
 *     weights they belong to, in their form
 * @param step how many updates were made, if the checkpoint says so
 */
public record OptimizerState(Map<String, NamedTensors> slots, OptionalLong step) {
  public OptimizerState {
    slots = Collections.unmodifiableMap(new LinkedHashMap<>(slots));
  }
}

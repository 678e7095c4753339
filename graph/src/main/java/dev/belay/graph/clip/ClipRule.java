package dev.belay.graph.clip;

import dev.belay.graph.gradient.Gradient;
import dev.belay.graph.variable.Slots;
import java.util.List;
import org.tensorflow.op.Ops;

/** Bounds gradients. One class for each rule. */
public interface ClipRule {
  /**
   * Adds the rule to the graph.
   *
   * @param slots for a rule that remembers
   * @param gradients of one whole update, at least one; each knows its variable, for rules that
   *     look at weights
   */
  Clipped apply(Ops tf, Slots slots, List<Gradient> gradients);
}

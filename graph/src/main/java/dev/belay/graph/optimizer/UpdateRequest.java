package dev.belay.graph.optimizer;

import dev.belay.graph.gradient.Gradient;
import dev.belay.graph.variable.Slots;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * Arguments of one update of all variables.
 *
 * @param gated scope for nodes that change state: they wait until every gradient is computed
 * @param gradients after the clip
 * @param learningRate of this step, scalar
 * @param slots storage for the state of an optimizer between steps
 */
public record UpdateRequest(
    Ops gated, List<Gradient> gradients, Operand<TFloat32> learningRate, Slots slots) {}

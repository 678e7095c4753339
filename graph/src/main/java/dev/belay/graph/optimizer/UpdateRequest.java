package dev.belay.graph.optimizer;

import dev.belay.graph.gradient.Gradient;
import dev.belay.graph.variable.Slots;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * One update of all variables.
 *
 * @param gated where nodes go that change something: they wait until every gradient is there
 * @param gradients after the clip
 * @param learningRate of this step, scalar
 * @param slots where an optimizer keeps what it needs between steps
 */
public record UpdateRequest(
    Ops gated, List<Gradient> gradients, Operand<TFloat32> learningRate, Slots slots) {}

package dev.belay.graph.clip;

import dev.belay.graph.gradient.Gradient;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.types.TFloat32;

/**
 * Gradients after a rule, and what is logged of it.
 *
 * @param gradients bounded, in the order they came
 * @param norm global norm before the rule, scalar
 * @param clippedNorm global norm after it, scalar
 * @param scale what gradients were multiplied by, scalar; 1 for a rule without a common scale
 */
public record Clipped(
    List<Gradient> gradients,
    Operand<TFloat32> norm,
    Operand<TFloat32> clippedNorm,
    Operand<TFloat32> scale) {}

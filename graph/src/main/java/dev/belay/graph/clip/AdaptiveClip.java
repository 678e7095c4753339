package dev.belay.graph.clip;

import dev.belay.graph.gradient.Gradient;
import dev.belay.graph.variable.Slots;
import dev.belay.graph.variable.VariableSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;

/**
 * Adaptive gradient clipping, arXiv 2102.06171: each output column's gradient is scaled by {@code
 * min(1, lambda * max(||w||, 1e-3) / ||g||)}, by the norms of that column. The column of a kernel
 * [.., in, out] is all but its last axis, that of one [out, in] all but its first; a variable of
 * one axis is one unit.
 *
 * @param lambda largest ratio of gradient norm to weight norm, a finite number above 0
 * @param skips names of variables that are not clipped: in the paper, biases, normalisation and the
 *     last layer
 */
public record AdaptiveClip(double lambda, Predicate<String> skips) implements ClipRule {
  /** Smallest norm of weights that is used, so that a zero variable can leave zero. */
  private static final float SMALLEST_WEIGHT_NORM = 1e-3f;

  public AdaptiveClip {
    Bound.require("The lambda of adaptive clipping", lambda);
  }

  @Override
  public Clipped apply(Ops tf, Slots slots, List<Gradient> gradients) {
    List<Gradient> clipped = new ArrayList<>();
    List<Operand<TBool>> bites = new ArrayList<>(List.of(tf.constant(false)));
    for (Gradient gradient : gradients) {
      if (skips.test(gradient.variable().name())) {
        clipped.add(gradient);
        continue;
      }
      Operand<TFloat32> weight = gradient.variable().value().expect(TFloat32.class);
      int[] axes = unitAxes(gradient.variable().spec());
      Operand<TFloat32> weightNorm = TensorNorm.along(tf, weight, axes);
      Operand<TFloat32> allowed =
          tf.math.mul(
              tf.constant((float) lambda),
              tf.math.maximum(weightNorm, tf.constant(SMALLEST_WEIGHT_NORM)));
      Operand<TFloat32> norm = TensorNorm.along(tf, gradient.value(), axes);
      // A gradient of 0 is divided by the allowed norm, not by 0, and is unchanged.
      Operand<TFloat32> factor = tf.math.div(allowed, tf.math.maximum(norm, allowed));
      clipped.add(gradient.withValue(tf.math.mul(gradient.value(), factor)));
      bites.add(TensorNorm.anyElement(tf, tf.math.greater(norm, allowed)));
    }
    return Clipped.each(tf, gradients, clipped, TensorNorm.any(tf, bites));
  }

  private static int[] unitAxes(VariableSpec spec) {
    int rank = spec.shape().numDimensions();
    if (rank <= 1) {
      return IntStream.range(0, rank).toArray();
    }
    return spec.units() == VariableSpec.Units.ROWS
        ? IntStream.range(1, rank).toArray()
        : IntStream.range(0, rank - 1).toArray();
  }
}

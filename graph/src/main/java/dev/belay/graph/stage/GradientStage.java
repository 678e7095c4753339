package dev.belay.graph.stage;

import dev.belay.graph.gradient.Gradient;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * Transforms the gradients of a whole update between accumulation and clip, such as adding them up
 * over replicas. Stages see scaled gradients; they are unscaled after the last, and then come the
 * finite check and the clip, once.
 */
public interface GradientStage {
  /** Gradients of the same variables in the same order. */
  List<Gradient> apply(Ops tf, List<Gradient> gradients);

  /** The loss of the whole update, scalar; a stage that does not combine parts keeps it. */
  default Operand<TFloat32> lossSum(Ops tf, Operand<TFloat32> sum) {
    return sum;
  }
}

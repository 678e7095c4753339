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
  /**
   * An update on its way through the stages.
   *
   * @param gradients of all variables
   * @param lossSum loss of the update, scalar
   */
  record Update(List<Gradient> gradients, Operand<TFloat32> lossSum) {}

  /** Gradients of the same variables in the same order, with the loss that belongs to them. */
  Update apply(Ops tf, Update update);
}

package dev.belay.graph.stage;

import dev.belay.graph.gradient.Gradient;
import java.util.List;
import org.tensorflow.op.Ops;

/**
 * What is done to the gradients of a whole update between the accumulation and the clip, such as
 * adding them up over replicas. Stages see scaled gradients; they are unscaled after the last, and
 * then come the finite check and the clip, once.
 */
public interface GradientStage {
  /** Gradients of the same variables in the same order. */
  List<Gradient> apply(Ops tf, List<Gradient> gradients);
}

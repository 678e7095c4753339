package dev.belay.graph.stage;

import dev.belay.graph.gradient.Gradient;
import java.util.List;
import org.tensorflow.op.Ops;

/**
 * What is done to gradients between the loss and the clip. Stages run in the order of the numerics
 * contract: unscale, accumulate, all-reduce; the finite check and the clip see what they leave, so
 * that clipping happens once, on the aggregated and unscaled gradient.
 */
public interface GradientStage {
  /** Gradients of the same variables in the same order. */
  List<Gradient> apply(Ops tf, List<Gradient> gradients);
}

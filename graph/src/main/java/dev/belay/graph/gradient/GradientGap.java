package dev.belay.graph.gradient;

import java.util.List;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;

/**
 * Part of the graph that the native gradient does not cross. Its consumers read its results through
 * StopGradient, and it computes the gradients of its arguments itself.
 */
public interface GradientGap {

  /** The name of its node in the model. */
  String node();

  /** Tensors that consumers read; no gradient passes through them by itself. */
  List<Output<?>> results();

  /** Tensors that it has gradients for. */
  List<Output<?>> arguments();

  /**
   * Adds the gradients to the graph.
   *
   * @param incoming gradients of the results, null where none arrived; at least one is not null
   * @return gradients of the arguments, in their order; null for none
   */
  List<Output<?>> backward(Ops tf, List<Output<?>> incoming);
}

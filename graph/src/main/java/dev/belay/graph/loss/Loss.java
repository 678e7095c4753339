package dev.belay.graph.loss;

import org.tensorflow.Operand;
import org.tensorflow.op.Ops;

/** How far a model's output is from what it should be. One class for each task. */
public interface Loss {
  /**
   * Adds the loss to the graph, with a placeholder for what the output should be.
   *
   * @param tf where the nodes go
   * @param output of the model or its head, of a floating-point type
   */
  LossTensors build(Ops tf, Operand<?> output);
}

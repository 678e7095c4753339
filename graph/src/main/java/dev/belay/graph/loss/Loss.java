package dev.belay.graph.loss;

import java.util.function.UnaryOperator;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/** Loss of a model's output against its labels. One class for each task. */
public interface Loss {
  /**
   * Adds the loss to the graph, with a placeholder for the labels.
   *
   * @param tf where the nodes go
   * @param output of the model or its head, of a floating-point type
   */
  LossTensors build(Ops tf, Operand<?> output);

  /**
   * The same for a head that computes each token independently: a loss that ignores some tokens
   * computes only the others.
   *
   * @param features of all tokens, [B, T, H]
   * @param head maps rows [N, H] to their outputs [N, C]
   */
  default LossTensors build(Ops tf, Output<?> features, UnaryOperator<Operand<TFloat32>> head) {
    return build(tf, head.apply(features.expect(TFloat32.class)));
  }
}

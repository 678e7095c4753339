package dev.belay.graph.head;

import dev.belay.graph.variable.Variables;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.Operation;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;

/** Head whose variables are in a graph, which owns them. */
public interface AttachedHead {
  /** All variables of the head, in order. */
  Variables variables();

  /** Give the variables their first values. */
  List<Operation> initializers();

  /**
   * Returns whether it computes each token independently, so that it can be applied to some rows
   * [N, H] alone. If only few tokens count, this saves most of the work.
   */
  default boolean ofTokens() {
    return false;
  }

  /**
   * Adds the forward pass of a training call, with dropout.
   *
   * @param step that determines the dropout masks, scalar
   * @return [B, outputs], or [B, T, outputs] for a head with an output for each token
   */
  Operand<TFloat32> train(Ops tf, Output<?> features, Operand<TInt64> step);

  /**
   * Adds the forward pass of an evaluation, without dropout.
   *
   * @return as {@link #train}
   */
  Operand<TFloat32> evaluate(Ops tf, Output<?> features);
}

package dev.belay.graph.head;

import dev.belay.graph.variable.Variables;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.Operation;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;

/** A head whose variables are in a graph, which owns them. */
public interface AttachedHead {
  /** All of the head, in order. */
  Variables variables();

  /** Give the variables their first values. */
  List<Operation> initializers();

  /**
   * Whether it answers each token by itself, so that it may be asked about some rows [N, H] alone:
   * where few of many tokens count, that is most of the work.
   */
  default boolean ofTokens() {
    return false;
  }

  /**
   * Adds the forward pass of a training call, with dropout.
   *
   * @param step by which dropout is drawn, scalar
   * @return [B, outputs], or [B, T, outputs] for a head that answers for each token
   */
  Operand<TFloat32> train(Ops tf, Output<?> features, Operand<TInt64> step);

  /**
   * Adds the forward pass of an evaluation, without dropout.
   *
   * @return as {@link #train}
   */
  Operand<TFloat32> evaluate(Ops tf, Output<?> features);
}

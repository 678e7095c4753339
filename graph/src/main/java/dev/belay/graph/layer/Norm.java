package dev.belay.graph.layer;

import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/** Normalises each row. */
public interface Norm {
  /**
   * Applies the norm to rows.
   *
   * @param x [N, H]
   * @return [N, H]
   */
  Operand<TFloat32> apply(Ops tf, Operand<TFloat32> x);
}

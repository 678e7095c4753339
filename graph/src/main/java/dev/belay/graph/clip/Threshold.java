package dev.belay.graph.clip;

import dev.belay.graph.variable.GraphVariable;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/** Threshold of a clip rule, as a tensor of the graph. */
public interface Threshold {
  /**
   * A threshold that every finite norm passes, with a factor of exactly 1 in a clip by global norm:
   * a power of two, whose reciprocal is exact, above the largest norm that float32 can hold the
   * square of.
   */
  float NONE = 0x1p100f;

  /** Scalar. */
  Operand<TFloat32> in(Ops tf);

  /**
   * A constant threshold.
   *
   * @param what name of the bounded value, for the error
   * @param bound a number that is finite and above 0 in float32
   */
  static Threshold fixed(String what, double bound) {
    Bound.require(what, bound);
    return tf -> tf.constant((float) bound);
  }

  /**
   * A threshold that may change between runs of the same graph.
   *
   * @param variable float32, scalar; it must hold a finite number above 0
   */
  static Threshold of(GraphVariable variable) {
    return tf -> variable.value().expect(TFloat32.class);
  }
}

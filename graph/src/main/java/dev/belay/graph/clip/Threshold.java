package dev.belay.graph.clip;

import dev.belay.graph.variable.GraphVariable;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/** The number that a rule clips at, as a tensor of the graph. */
public interface Threshold {
  /**
   * A threshold that lets every finite norm pass, and so that the factor of a clip by global norm
   * is 1 to the last bit: a power of two, whose reciprocal is exact, above the largest norm that
   * float32 can hold the square of.
   */
  float NONE = 0x1p100f;

  /** Scalar. */
  Operand<TFloat32> in(Ops tf);

  /**
   * A number that stays.
   *
   * @param what it bounds, for the error
   * @param bound a number that float32 knows as finite and above 0
   */
  static Threshold fixed(String what, double bound) {
    Bound.require(what, bound);
    return tf -> tf.constant((float) bound);
  }

  /**
   * A number that may be another one in the next run of the same graph.
   *
   * @param variable float32, scalar; it must hold a finite number above 0
   */
  static Threshold of(GraphVariable variable) {
    return tf -> variable.value().expect(TFloat32.class);
  }
}

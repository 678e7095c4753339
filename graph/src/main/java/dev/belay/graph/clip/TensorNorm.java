package dev.belay.graph.clip;

import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.ReduceAny;
import org.tensorflow.op.core.ReduceSum;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;

/** Norms of single tensors and of their parts. */
final class TensorNorm {
  private TensorNorm() {}

  /** The norm of some tensors that together are one gradient, scalar. */
  static Operand<TFloat32> of(Ops tf, List<Operand<TFloat32>> parts) {
    List<Operand<TFloat32>> sums =
        parts.stream()
            .<Operand<TFloat32>>map(
                part -> {
                  Operand<TFloat32> flat = tf.reshape(part, tf.constant(new int[] {-1}));
                  return tf.reduceSum(tf.math.square(flat), tf.constant(0));
                })
            .toList();
    return tf.math.sqrt(sums.size() == 1 ? sums.get(0) : tf.math.addN(sums));
  }

  /** The norms along some axes, which are kept with length 1. */
  static Operand<TFloat32> along(Ops tf, Operand<TFloat32> tensor, int... axes) {
    return tf.math.sqrt(
        tf.reduceSum(tf.math.square(tensor), tf.constant(axes), ReduceSum.keepDims(true)));
  }

  /** True if one of some scalars is true, scalar. */
  static Operand<TBool> any(Ops tf, List<Operand<TBool>> scalars) {
    return scalars.size() == 1
        ? scalars.get(0)
        : tf.reduceAny(tf.stack(scalars), tf.constant(0), new ReduceAny.Options[0]);
  }

  /** True if one element of a tensor is true, scalar. */
  static Operand<TBool> anyElement(Ops tf, Operand<TBool> tensor) {
    Operand<TBool> flat = tf.reshape(tensor, tf.constant(new int[] {-1}));
    return tf.reduceAny(flat, tf.constant(0), new ReduceAny.Options[0]);
  }
}

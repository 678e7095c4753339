package dev.belay.graph.layer;

import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.op.math.Mean;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * Layer normalisation, arXiv 1607.06450: {@code (x - mean) / sqrt(variance + epsilon) * gain +
 * bias}, mean and variance of each row.
 *
 * @param gain [H]
 * @param bias [H]
 * @param epsilon added to the variance
 */
public record LayerNorm(Operand<TFloat32> gain, Operand<TFloat32> bias, double epsilon)
    implements Norm {

  /** With {@code NAME.weight} and {@code NAME.bias}. */
  public static LayerNorm declare(Parameters parameters, String name, long size, double epsilon) {
    Parameters own = parameters.within(name);
    return new LayerNorm(own.gain("weight", size), own.bias("bias", size), epsilon);
  }

  @Override
  public Operand<TFloat32> apply(Ops tf, Operand<TFloat32> x) {
    Operand<TInt32> axis = tf.constant(new int[] {1});
    Operand<TFloat32> centred =
        tf.math.sub(x, tf.math.mean(x, axis, Mean.keepDims(true))); // [N, H]
    Operand<TFloat32> variance =
        tf.math.mean(tf.math.square(centred), axis, Mean.keepDims(true)); // [N, 1]
    Operand<TFloat32> scale =
        tf.math.rsqrt(tf.math.add(variance, tf.constant((float) epsilon))); // [N, 1]
    return tf.math.add(tf.math.mul(tf.math.mul(centred, scale), gain), bias);
  }
}

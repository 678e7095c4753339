package dev.belay.graph.layer;

import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.op.math.Mean;
import org.tensorflow.types.TFloat32;

/**
 * Root mean square normalisation, arXiv 1910.07467, as in T5: {@code x / sqrt(mean(x^2) + epsilon)
 * * gain}, of each row.
 *
 * @param gain [H]
 * @param epsilon added to the mean of the squares
 */
public record RmsNorm(Operand<TFloat32> gain, double epsilon) implements Norm {

  /** With {@code NAME.weight}. */
  public static RmsNorm declare(Parameters parameters, String name, long size, double epsilon) {
    return new RmsNorm(parameters.within(name).gain("weight", size), epsilon);
  }

  @Override
  public Operand<TFloat32> apply(Ops tf, Operand<TFloat32> x) {
    Operand<TFloat32> squares =
        tf.math.mean(tf.math.square(x), tf.constant(new int[] {1}), Mean.keepDims(true)); // [N, 1]
    Operand<TFloat32> scale = tf.math.rsqrt(tf.math.add(squares, tf.constant((float) epsilon)));
    return tf.math.mul(tf.math.mul(x, scale), gain);
  }
}

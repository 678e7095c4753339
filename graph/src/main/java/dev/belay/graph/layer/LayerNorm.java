package dev.belay.graph.layer;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.op.math.Mean;
import org.tensorflow.types.TFloat32;

/**
 * Layer normalisation, arXiv 1607.06450: {@code (x - mean) / sqrt(variance + epsilon) * gain +
 * bias}, mean and variance of each row.
 *
 * @param gain [H]
 * @param bias [H]; empty: 0
 * @param epsilon added to the variance
 */
public record LayerNorm(Operand<TFloat32> gain, Optional<Operand<TFloat32>> bias, double epsilon)
    implements Norm {

  /** With {@code NAME.weight} and {@code NAME.bias}. */
  public static LayerNorm declare(Parameters parameters, String name, long size, double epsilon) {
    return declare(parameters, name, size, epsilon, true);
  }

  /** With {@code NAME.weight}, and {@code NAME.bias} if it is biased. */
  public static LayerNorm declare(
      Parameters parameters, String name, long size, double epsilon, boolean biased) {
    Parameters own = parameters.within(name);
    Operand<TFloat32> gain = own.gain("weight", size);
    return new LayerNorm(
        gain, biased ? Optional.of(own.bias("bias", size)) : Optional.empty(), epsilon);
  }

  @Override
  public Operand<TFloat32> apply(Ops tf, Operand<TFloat32> x) {
    return output(tf, normalised(tf, x).rows());
  }

  /** The same, with a gradient by hand where the pass takes one. */
  public Operand<TFloat32> apply(ForwardContext pass, Operand<TFloat32> x) {
    Ops tf = pass.tf();
    Normalised normalised = normalised(tf, x);
    Operand<TFloat32> output = output(tf, normalised.rows());
    return pass.hand().isEmpty()
        ? output
        : pass.hand()
            .get()
            .cut(
                tf,
                output,
                Stream.concat(Stream.of(x, gain), bias.stream()).toList(),
                (later, incoming) -> backward(later, incoming, normalised));
  }

  /**
   * Rows of mean 0 and variance 1.
   *
   * @param rows [N, H]
   * @param scale what they were multiplied by, [N, 1]
   */
  private record Normalised(Operand<TFloat32> rows, Operand<TFloat32> scale) {}

  private Normalised normalised(Ops tf, Operand<TFloat32> x) {
    Operand<TFloat32> centred = tf.math.sub(x, mean(tf, x)); // [N, H]
    Operand<TFloat32> variance = mean(tf, tf.math.square(centred)); // [N, 1]
    Operand<TFloat32> scale =
        tf.math.rsqrt(tf.math.add(variance, tf.constant((float) epsilon))); // [N, 1]
    return new Normalised(tf.math.mul(centred, scale), scale);
  }

  private Operand<TFloat32> output(Ops tf, Operand<TFloat32> normalised) {
    Operand<TFloat32> scaled = tf.math.mul(normalised, gain);
    return bias.isPresent() ? tf.math.add(scaled, bias.get()) : scaled;
  }

  private static Operand<TFloat32> mean(Ops tf, Operand<TFloat32> rows) {
    return tf.math.mean(rows, tf.constant(new int[] {1}), Mean.keepDims(true));
  }

  /**
   * With n the normalised rows and g the gradient of n: {@code scale (g - mean(g) - n mean(g n))};
   * the gradients of gain and bias are sums over all rows.
   */
  private List<Operand<TFloat32>> backward(
      Ops tf, Operand<TFloat32> incoming, Normalised normalised) {
    Operand<TFloat32> rows = normalised.rows();
    Operand<TFloat32> ofRows = tf.math.mul(incoming, gain); // g
    Operand<TFloat32> ofGain = tf.math.mul(incoming, rows);
    Operand<TFloat32> along = mean(tf, tf.math.mul(ofGain, gain)); // mean(g n), [N, 1]
    Operand<TFloat32> across =
        tf.math.sub(tf.math.sub(ofRows, mean(tf, ofRows)), tf.math.mul(rows, along));
    List<Operand<TFloat32>> gradients = new ArrayList<>();
    gradients.add(tf.math.mul(across, normalised.scale()));
    gradients.add(sum(tf, ofGain));
    if (bias.isPresent()) {
      gradients.add(sum(tf, incoming));
    }
    return gradients;
  }

  private static Operand<TFloat32> sum(Ops tf, Operand<TFloat32> rows) {
    return tf.nn.biasAddGrad(rows); // which sums over all but the last axis
  }
}

package dev.belay.graph.layer;

import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.op.linalg.MatMul;
import org.tensorflow.op.nn.BiasAdd;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * Dense layers over the same rows, computed by one product: fewer and larger operations, in the
 * gradient too. Their weights are put together in each step, which costs less than what it saves
 * where there is a gradient.
 *
 * @param layers with biases, without adapters; kernels [out, in]
 */
public record JointDense(List<Dense> layers) {
  public JointDense {
    layers = List.copyOf(layers);
    if (!canJoin(layers)) {
      throw new IllegalArgumentException("a layer is transposed, without a bias or adapted");
    }
  }

  /** Returns whether one product can compute them. */
  public static boolean canJoin(List<Dense> layers) {
    return layers.stream()
        .allMatch(
            layer -> layer.outFirst() && layer.bias().isPresent() && layer.adapter().isEmpty());
  }

  /**
   * Applies all layers.
   *
   * @param x [N, in]
   * @return their outputs beside each other, [N, sum of out]
   */
  public Operand<TFloat32> apply(Ops tf, Operand<TFloat32> x) {
    Operand<TInt32> rows = tf.constant(0);
    Operand<TFloat32> kernel = tf.concat(layers.stream().map(Dense::kernel).toList(), rows);
    Operand<TFloat32> bias =
        tf.concat(layers.stream().map(layer -> layer.bias().orElseThrow()).toList(), rows);
    Operand<TFloat32> product = tf.linalg.matMul(x, kernel, MatMul.transposeB(true));
    return tf.nn.biasAdd(product, bias, new BiasAdd.Options[0]);
  }
}

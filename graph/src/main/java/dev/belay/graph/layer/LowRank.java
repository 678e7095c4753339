package dev.belay.graph.layer;

import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.op.linalg.MatMul;
import org.tensorflow.types.TFloat32;

/**
 * Adapter of a dense layer, arXiv 2106.09685: {@code s (x A^T) B^T} is added to the layer's output.
 *
 * @param a [r, in]
 * @param b [out, r]
 * @param scale s
 * @param dropout of x while training
 */
record LowRank(Operand<TFloat32> a, Operand<TFloat32> b, float scale, double dropout) {

  /**
   * What is added to the layer's output.
   *
   * @param x [N, in]
   * @return [N, out]
   */
  Operand<TFloat32> apply(ForwardContext pass, Operand<TFloat32> x) {
    Ops tf = pass.tf();
    Operand<TFloat32> narrow =
        tf.linalg.matMul(pass.dropout(x, dropout), a, MatMul.transposeB(true)); // [N, r]
    Operand<TFloat32> wide = tf.linalg.matMul(narrow, b, MatMul.transposeB(true)); // [N, out]
    return tf.math.mul(wide, tf.constant(scale));
  }
}

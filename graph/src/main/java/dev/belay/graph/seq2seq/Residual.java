package dev.belay.graph.seq2seq;

import dev.belay.graph.layer.ForwardContext;
import dev.belay.graph.layer.Norm;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * Sum of a layer and its input, normalised before the layer or after the sum.
 *
 * @param norm of rows
 * @param first whether the layer reads normalised rows; else their sum is normalised
 * @param dropout of what the layer adds
 */
record Residual(Norm norm, boolean first, double dropout) {

  /** What the layer reads of rows [N, H]. */
  Operand<TFloat32> read(Ops tf, Operand<TFloat32> x) {
    return first ? norm.apply(tf, x) : x;
  }

  /**
   * The next rows, [N, H].
   *
   * @param made what the layer made of its input x
   */
  Operand<TFloat32> add(ForwardContext pass, Operand<TFloat32> x, Operand<TFloat32> made) {
    Ops tf = pass.tf();
    Operand<TFloat32> sum = tf.math.add(x, pass.dropout(made, dropout));
    return first ? sum : norm.apply(tf, sum);
  }
}

package dev.belay.graph.layer;

import java.util.Optional;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.op.linalg.MatMul;
import org.tensorflow.op.nn.BiasAdd;
import org.tensorflow.types.TFloat32;

/**
 * {@code x W^T + b}.
 *
 * @param kernel [out, in], or [in, out]
 * @param outFirst whether the kernel is [out, in]
 * @param bias [out]
 */
public record Dense(Operand<TFloat32> kernel, boolean outFirst, Optional<Operand<TFloat32>> bias) {

  /** A layer with {@code NAME.weight} [out, in] and {@code NAME.bias} [out]. */
  public static Dense declare(Parameters parameters, String name, long in, long out) {
    Parameters own = parameters.within(name);
    return new Dense(own.kernel("weight", out, in), true, Optional.of(own.bias("bias", out)));
  }

  /** A layer with {@code NAME.weight} [out, in] alone, as in T5. */
  public static Dense declareWithoutBias(Parameters parameters, String name, long in, long out) {
    return new Dense(parameters.within(name).kernel("weight", out, in), true, Optional.empty());
  }

  /** A layer with {@code NAME.weight} [in, out] and {@code NAME.bias}: GPT-2's Conv1D. */
  public static Dense declareTransposed(Parameters parameters, String name, long in, long out) {
    Parameters own = parameters.within(name);
    return new Dense(
        own.transposedKernel("weight", in, out), false, Optional.of(own.bias("bias", out)));
  }

  /**
   * Applies the layer to rows.
   *
   * @param x [N, in]
   * @return [N, out]
   */
  public Operand<TFloat32> apply(Ops tf, Operand<TFloat32> x) {
    Operand<TFloat32> product = tf.linalg.matMul(x, kernel, MatMul.transposeB(outFirst));
    return bias.isPresent() ? tf.nn.biasAdd(product, bias.get(), new BiasAdd.Options[0]) : product;
  }
}

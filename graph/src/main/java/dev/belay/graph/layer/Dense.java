package dev.belay.graph.layer;

import java.util.Optional;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.op.linalg.MatMul;
import org.tensorflow.op.nn.BiasAdd;
import org.tensorflow.types.TFloat32;

/**
 * {@code x W^T + b}, and the product of its adapter if it has one.
 *
 * @param kernel [out, in], or [in, out]
 * @param outFirst whether the kernel is [out, in]
 * @param bias [out]
 * @param adapter added to the output
 */
public record Dense(
    Operand<TFloat32> kernel,
    boolean outFirst,
    Optional<Operand<TFloat32>> bias,
    Optional<LowRank> adapter) {
  private static final String WEIGHT = "weight";

  /** A layer without an adapter, over a kernel that others read too. */
  public Dense(Operand<TFloat32> kernel, boolean outFirst, Optional<Operand<TFloat32>> bias) {
    this(kernel, outFirst, bias, Optional.empty());
  }

  /** A layer with {@code NAME.weight} [out, in] and {@code NAME.bias} [out]. */
  public static Dense declare(Parameters parameters, String name, long in, long out) {
    Parameters own = parameters.within(name);
    Operand<TFloat32> kernel = own.kernel(WEIGHT, out, in);
    Optional<LowRank> adapter = own.adapter(WEIGHT, in, out, true);
    return new Dense(kernel, true, Optional.of(own.bias("bias", out)), adapter);
  }

  /** A layer with {@code NAME.weight} [out, in] alone, as in T5. */
  public static Dense declareWithoutBias(Parameters parameters, String name, long in, long out) {
    Parameters own = parameters.within(name);
    Operand<TFloat32> kernel = own.kernel(WEIGHT, out, in);
    return new Dense(kernel, true, Optional.empty(), own.adapter(WEIGHT, in, out, true));
  }

  /** A layer with {@code NAME.weight} [out, in], and {@code NAME.bias} if it is biased. */
  public static Dense declare(
      Parameters parameters, String name, long in, long out, boolean biased) {
    return biased
        ? declare(parameters, name, in, out)
        : declareWithoutBias(parameters, name, in, out);
  }

  /** A layer with {@code NAME.weight} [in, out] and {@code NAME.bias}: GPT-2's Conv1D. */
  public static Dense declareTransposed(Parameters parameters, String name, long in, long out) {
    Parameters own = parameters.within(name);
    Operand<TFloat32> kernel = own.transposedKernel(WEIGHT, in, out);
    Optional<LowRank> adapter = own.adapter(WEIGHT, in, out, false);
    return new Dense(kernel, false, Optional.of(own.bias("bias", out)), adapter);
  }

  /** A layer whose output is that of this one times a factor. */
  public Dense scaled(Ops tf, double factor) {
    Operand<TFloat32> constant = tf.constant((float) factor);
    return new Dense(
        tf.math.mul(kernel, constant),
        outFirst,
        bias.map(present -> tf.math.mul(present, constant)),
        adapter);
  }

  /**
   * Applies the layer to rows.
   *
   * @param x [N, in]
   * @return [N, out]
   */
  public Operand<TFloat32> apply(ForwardContext pass, Operand<TFloat32> x) {
    Ops tf = pass.tf();
    Operand<TFloat32> product = tf.linalg.matMul(x, kernel, MatMul.transposeB(outFirst));
    Operand<TFloat32> output =
        bias.isPresent() ? tf.nn.biasAdd(product, bias.get(), new BiasAdd.Options[0]) : product;
    return adapter.isPresent() ? tf.math.add(output, adapter.get().apply(pass, x)) : output;
  }
}

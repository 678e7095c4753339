package dev.belay.graph.layer;

import java.util.ArrayList;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Stack;
import org.tensorflow.op.nn.BiasAdd;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * Convolution over the tokens of each example, as products with the windows around them: PyTorch's
 * Conv1d with zeros before the first token and after the last.
 *
 * @param kernel [H, H / groups, width]
 * @param bias [H]
 * @param hidden H
 * @param width of a window, odd
 * @param groups of numbers that are computed apart
 */
public record TokenWindows(
    Operand<TFloat32> kernel, Operand<TFloat32> bias, int hidden, int width, int groups) {

  /** With {@code NAME.weight} and {@code NAME.bias}. */
  public static TokenWindows declare(
      Parameters parameters, String name, int hidden, int width, int groups) {
    Parameters own = parameters.within(name);
    Operand<TFloat32> kernel = own.convolution("weight", hidden, hidden / groups, width);
    return new TokenWindows(kernel, own.bias("bias", hidden), hidden, width, groups);
  }

  /**
   * Applies the convolution.
   *
   * @param rows of all positions, [N, H]
   * @return [N, H]
   */
  public Operand<TFloat32> apply(Ops tf, Operand<TFloat32> rows, SequenceShape extent) {
    Operand<TInt32> halves = tf.constant(new int[] {1, 0, 2});
    int inner = hidden / groups;
    Operand<TFloat32> windows =
        tf.reshape(
            windows(tf, extent.perExample(tf, rows, hidden), extent),
            tf.constant(new int[] {-1, groups, inner * width})); // [N, G, H / G * W]
    Operand<TFloat32> kernels =
        tf.reshape(kernel, tf.constant(new int[] {groups, inner, inner * width}));
    Operand<TFloat32> products =
        Heads.product(tf, tf.linalg.transpose(windows, halves), kernels, true); // [G, N, H / G]
    Operand<TFloat32> together =
        tf.reshape(tf.linalg.transpose(products, halves), tf.constant(new int[] {-1, hidden}));
    return tf.nn.biasAdd(together, bias, new BiasAdd.Options[0]);
  }

  /** The numbers of each token and of its neighbours, [B, T, H, W]. */
  private Operand<TFloat32> windows(Ops tf, Operand<TFloat32> tokens, SequenceShape extent) {
    int reach = width / 2;
    Operand<TFloat32> padded =
        tf.pad(tokens, tf.constant(new int[][] {{0, 0}, {reach, reach}, {0, 0}}), tf.constant(0f));
    Operand<TInt32> open = tf.constant(-1);
    List<Operand<TFloat32>> shifted = new ArrayList<>();
    for (int first = 0; first < width; first++) {
      shifted.add(
          tf.slice(
              padded,
              tf.constant(new int[] {0, first, 0}),
              tf.stack(List.of(open, extent.length(), open))));
    }
    return tf.stack(shifted, Stack.axis(3L));
  }
}

package dev.belay.graph.layer;

import java.util.List;
import java.util.stream.IntStream;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * Rotary positions, arXiv 2104.09864: the first numbers of each head of queries and keys are pairs,
 * and each pair is rotated by an angle that grows with the token's position. A pair is a number of
 * the first half of them and the number at the same place of the second half.
 *
 * @param size how many numbers of a head are rotated, R, even
 * @param frequencies angle of each pair for one position
 * @param scale factor of all rotated numbers
 */
public record RotaryPositions(int size, Frequencies frequencies, double scale) {

  /** Angles of one position. */
  public sealed interface Frequencies permits Fixed, Dynamic {}

  /**
   * The same angles for every length.
   *
   * @param each of each pair, R / 2
   */
  public record Fixed(List<Float> each) implements Frequencies {
    public Fixed {
      each = List.copyOf(each);
    }
  }

  /**
   * Angles that shrink when a batch is longer than the texts that the model was trained with.
   *
   * @param base of the powers that the angles are
   * @param factor how fast they shrink
   * @param trained number of tokens up to which they stay
   */
  public record Dynamic(double base, double factor, int trained) implements Frequencies {}

  public RotaryPositions {
    if (size < 2 || size % 2 != 0) {
      throw new IllegalArgumentException(
          "Rotary positions need an even number of numbers of a head; found " + size + ".");
    }
  }

  /**
   * Rotation of each pair at each position.
   *
   * @param size R
   * @param cosine [T, R / 2], or [B, 1, T, R / 2]
   * @param sine of the same shape
   */
  public record Rotation(int size, Operand<TFloat32> cosine, Operand<TFloat32> sine) {
    /**
     * Rotates queries or keys.
     *
     * @param x [B, A, T, D]
     * @param headSize D, at least R
     * @return [B, A, T, D]
     */
    Operand<TFloat32> apply(Ops tf, Operand<TFloat32> x, int headSize) {
      boolean whole = size == headSize;
      int half = size / 2;
      int[] sizes = whole ? new int[] {half, half} : new int[] {half, half, headSize - size};
      Operand<TInt32> last = tf.constant(3);
      List<Output<TFloat32>> parts =
          tf.splitV(x, tf.constant(sizes), last, (long) sizes.length).output();
      Operand<TFloat32> first = parts.get(0);
      Operand<TFloat32> second = parts.get(1);
      Operand<TFloat32> newFirst =
          tf.math.sub(tf.math.mul(first, cosine), tf.math.mul(second, sine));
      Operand<TFloat32> newSecond =
          tf.math.add(tf.math.mul(second, cosine), tf.math.mul(first, sine));
      return tf.concat(
          whole ? List.of(newFirst, newSecond) : List.of(newFirst, newSecond, parts.get(2)), last);
    }
  }

  /**
   * The rotations of the first positions.
   *
   * @param length T
   */
  public Rotation rotation(Ops tf, Operand<TInt32> length) {
    return rotation(tf, tf.range(tf.constant(0), length, tf.constant(1)), length); // [T, R / 2]
  }

  /**
   * The rotations of positions.
   *
   * @param positions of any shape: [T], or [B, 1, T]
   * @param length number of tokens of the longest text so far
   */
  public Rotation rotation(Ops tf, Operand<TInt32> positions, Operand<TInt32> length) {
    Operand<TFloat32> each =
        tf.expandDims(tf.dtypes.cast(positions, TFloat32.class), tf.constant(-1)); // [.., 1]
    Operand<TFloat32> angles = tf.math.mul(each, each(tf, length)); // [.., R / 2]
    return new Rotation(size, scaled(tf, tf.math.cos(angles)), scaled(tf, tf.math.sin(angles)));
  }

  private Operand<TFloat32> scaled(Ops tf, Operand<TFloat32> x) {
    return scale == 1 ? x : tf.math.mul(x, tf.constant((float) scale));
  }

  private Operand<TFloat32> each(Ops tf, Operand<TInt32> length) {
    if (frequencies instanceof Fixed fixed) {
      float[] values = new float[fixed.each().size()];
      for (int i = 0; i < values.length; i++) {
        values[i] = fixed.each().get(i);
      }
      return tf.constant(values);
    }
    Dynamic dynamic = (Dynamic) frequencies;
    Operand<TFloat32> tokens =
        tf.dtypes.cast(
            tf.math.maximum(length, tf.constant(dynamic.trained())), TFloat32.class); // scalar
    Operand<TFloat32> one = tf.constant(1f);
    Operand<TFloat32> beyond =
        tf.math.sub(tf.math.div(tokens, tf.constant((float) dynamic.trained())), one);
    Operand<TFloat32> growth =
        tf.math.pow(
            tf.math.add(tf.math.mul(beyond, tf.constant((float) dynamic.factor())), one),
            tf.constant((float) size / (size - 2)));
    Operand<TFloat32> base = tf.math.mul(growth, tf.constant((float) dynamic.base()));
    return tf.math.div(one, tf.math.pow(base, tf.constant(exponents()))); // [R / 2]
  }

  private float[] exponents() {
    float[] exponents = new float[size / 2];
    IntStream.range(0, exponents.length).forEach(i -> exponents[i] = 2f * i / size);
    return exponents;
  }
}

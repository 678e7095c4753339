package dev.belay.graph.layer;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/** What bends a layer's output, element by element. */
public enum Activation {
  /** {@code x Phi(x)}, Phi by the error function; arXiv 1606.08415. */
  GELU("gelu") {
    @Override
    public Operand<TFloat32> apply(Ops tf, Operand<TFloat32> x) {
      Operand<TFloat32> erf = tf.math.erf(tf.math.mul(x, tf.constant((float) Math.sqrt(0.5))));
      return tf.math.mul(tf.math.mul(x, tf.constant(0.5f)), tf.math.add(erf, tf.constant(1f)));
    }
  },
  /** The same with Phi by tanh, as google-research/bert and GPT-2 compute it. */
  GELU_TANH("gelu_new", "gelu_pytorch_tanh", "gelu_fast", "gelu_tanh") {
    @Override
    public Operand<TFloat32> apply(Ops tf, Operand<TFloat32> x) {
      Operand<TFloat32> cube = tf.math.mul(tf.math.square(x), x);
      Operand<TFloat32> inner =
          tf.math.mul(
              tf.math.add(x, tf.math.mul(cube, tf.constant(0.044715f))),
              tf.constant((float) Math.sqrt(2 / Math.PI)));
      return tf.math.mul(
          tf.math.mul(x, tf.constant(0.5f)), tf.math.add(tf.math.tanh(inner), tf.constant(1f)));
    }
  },
  /** {@code max(x, 0)}. */
  RELU("relu") {
    @Override
    public Operand<TFloat32> apply(Ops tf, Operand<TFloat32> x) {
      return tf.nn.relu(x);
    }
  },
  /** {@code x sigmoid(x)}. */
  SILU("silu", "swish") {
    @Override
    public Operand<TFloat32> apply(Ops tf, Operand<TFloat32> x) {
      return tf.math.mul(x, tf.math.sigmoid(x));
    }
  },
  TANH("tanh") {
    @Override
    public Operand<TFloat32> apply(Ops tf, Operand<TFloat32> x) {
      return tf.math.tanh(x);
    }
  };

  @SuppressWarnings("ImmutableEnumChecker") // List.of is immutable
  private final List<String> names;

  Activation(String... names) {
    this.names = List.of(names);
  }

  /** Element by element. */
  public abstract Operand<TFloat32> apply(Ops tf, Operand<TFloat32> x);

  /**
   * The activation that Hugging Face's configurations call so.
   *
   * @throws IllegalArgumentException if Belay has none of that name
   */
  public static Activation named(String name) {
    return Arrays.stream(values())
        .filter(activation -> activation.names.contains(name.toLowerCase(Locale.ROOT)))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "The activation '"
                        + name
                        + "' is not one that Belay has: "
                        + Arrays.stream(values()).flatMap(each -> each.names.stream()).toList()
                        + "."));
  }
}

package dev.belay.graph.layer;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/** An element-wise activation function, as Hugging Face's transformers computes it. */
public enum Activation {
  /** {@code x Phi(x)}, Phi by the error function; arXiv 1606.08415. */
  GELU("gelu", "gelu_python") {
    @Override
    public Operand<TFloat32> apply(Ops tf, Operand<TFloat32> x) {
      // In this order, which TensorFlow's remapper recognizes.
      Operand<TFloat32> erf = tf.math.erf(tf.math.mul(x, constant(tf, Math.sqrt(0.5))));
      return tf.math.mul(tf.math.mul(x, constant(tf, 0.5)), tf.math.add(erf, constant(tf, 1)));
    }

    @Override
    public Operand<TFloat32> apply(ForwardContext pass, Operand<TFloat32> x) {
      return pass.hand()
          .map(hand -> byHand(pass.tf(), hand, x))
          .orElseGet(() -> apply(pass.tf(), x));
    }

    /** The gradient is {@code Phi(x) + x phi(x)}, of which the forward pass keeps Phi. */
    private Operand<TFloat32> byHand(Ops tf, HandGradients hand, Operand<TFloat32> x) {
      Operand<TFloat32> z = tf.math.mul(x, constant(tf, Math.sqrt(0.5)));
      Operand<TFloat32> share = // Phi(x)
          tf.math.mul(tf.math.add(tf.math.erf(z), constant(tf, 1)), constant(tf, 0.5));
      return hand.cut(
          tf,
          tf.math.mul(x, share),
          List.of(x),
          (later, incoming) -> {
            // e^(c - z^2) is phi(x) sqrt(2). Without the difference, TensorFlow would make one
            // operation of all three, which does not compute several numbers at once.
            Operand<TFloat32> bell =
                later.math.exp(
                    later.math.sub(constant(later, -Math.log(Math.PI) / 2), later.math.square(z)));
            Operand<TFloat32> density = later.math.mul(z, bell); // x phi(x)
            return List.of(later.math.mul(incoming, later.math.add(share, density)));
          });
    }
  },
  /** The same with Phi by tanh, as google-research/bert and GPT-2 compute it. */
  GELU_TANH(
      "gelu_new",
      "gelu_pytorch_tanh",
      "gelu_python_tanh",
      "gelu_accurate",
      "gelu_fast",
      "gelu_tanh") {
    @Override
    public Operand<TFloat32> apply(Ops tf, Operand<TFloat32> x) {
      Operand<TFloat32> cube = tf.math.mul(tf.math.square(x), x);
      Operand<TFloat32> inner =
          tf.math.mul(
              tf.math.add(x, tf.math.mul(cube, constant(tf, 0.044715))),
              constant(tf, Math.sqrt(2 / Math.PI)));
      return tf.math.mul(
          tf.math.mul(x, constant(tf, 0.5)), tf.math.add(tf.math.tanh(inner), constant(tf, 1)));
    }
  },
  /** The one by the error function, cut to [-10, 10]; arXiv 2004.09602. */
  CLIPPED_GELU("gelu_10") {
    @Override
    public Operand<TFloat32> apply(Ops tf, Operand<TFloat32> x) {
      Operand<TFloat32> atLeast = tf.math.maximum(GELU.apply(tf, x), constant(tf, -10));
      return tf.math.minimum(atLeast, constant(tf, 10));
    }
  },
  /** {@code x sigmoid(1.702 x)}. */
  QUICK_GELU("quick_gelu") {
    @Override
    public Operand<TFloat32> apply(Ops tf, Operand<TFloat32> x) {
      return tf.math.mul(x, tf.math.sigmoid(tf.math.mul(x, constant(tf, 1.702))));
    }
  },
  /** {@code max(x, 0)}. */
  RELU("relu") {
    @Override
    public Operand<TFloat32> apply(Ops tf, Operand<TFloat32> x) {
      return tf.nn.relu(x);
    }
  },
  /** {@code max(x, 0)^2}, arXiv 2109.08668. */
  SQUARED_RELU("relu2") {
    @Override
    public Operand<TFloat32> apply(Ops tf, Operand<TFloat32> x) {
      return tf.math.square(tf.nn.relu(x));
    }
  },
  /** {@code min(max(x, 0), 6)}. */
  RELU6("relu6") {
    @Override
    public Operand<TFloat32> apply(Ops tf, Operand<TFloat32> x) {
      return tf.nn.relu6(x);
    }
  },
  /** {@code x} above 0 and {@code 0.01 x} below, PyTorch's slope. */
  LEAKY_RELU("leaky_relu") {
    @Override
    public Operand<TFloat32> apply(Ops tf, Operand<TFloat32> x) {
      return tf.math.maximum(x, tf.math.mul(x, constant(tf, 0.01)));
    }
  },
  /** {@code x sigmoid(x)}. */
  SILU("silu", "swish") {
    @Override
    public Operand<TFloat32> apply(Ops tf, Operand<TFloat32> x) {
      return tf.math.mul(x, tf.math.sigmoid(x));
    }
  },
  /** {@code x min(max(x + 3, 0), 6) / 6}, arXiv 1905.02244. */
  HARD_SWISH("hardswish") {
    @Override
    public Operand<TFloat32> apply(Ops tf, Operand<TFloat32> x) {
      Operand<TFloat32> gate = tf.nn.relu6(tf.math.add(x, constant(tf, 3)));
      return tf.math.mul(x, tf.math.mul(gate, constant(tf, 1.0 / 6)));
    }
  },
  /** {@code x tanh(log(1 + e^x))}, arXiv 1908.08681. */
  MISH("mish") {
    @Override
    public Operand<TFloat32> apply(Ops tf, Operand<TFloat32> x) {
      return tf.math.mul(x, tf.math.tanh(tf.math.softplus(x)));
    }
  },
  /** {@code sqrt(log(1 + e^x))}. */
  SQRT_SOFTPLUS("sqrtsoftplus") {
    @Override
    public Operand<TFloat32> apply(Ops tf, Operand<TFloat32> x) {
      return tf.math.sqrt(tf.math.softplus(x));
    }
  },
  /** The normal distribution of mean {@code sqrt(0.5)} and deviation 0.282095, arXiv 2209.10655. */
  LAPLACE("laplace") {
    @Override
    public Operand<TFloat32> apply(Ops tf, Operand<TFloat32> x) {
      Operand<TFloat32> centred = tf.math.sub(x, constant(tf, 0.707107));
      Operand<TFloat32> erf =
          tf.math.erf(tf.math.mul(centred, constant(tf, 1 / (0.282095 * Math.sqrt(2)))));
      return tf.math.mul(tf.math.add(erf, constant(tf, 1)), constant(tf, 0.5));
    }
  },
  SIGMOID("sigmoid") {
    @Override
    public Operand<TFloat32> apply(Ops tf, Operand<TFloat32> x) {
      return tf.math.sigmoid(x);
    }
  },
  TANH("tanh") {
    @Override
    public Operand<TFloat32> apply(Ops tf, Operand<TFloat32> x) {
      return tf.math.tanh(x);
    }
  },
  /** {@code x} itself. */
  LINEAR("linear") {
    @Override
    public Operand<TFloat32> apply(Ops tf, Operand<TFloat32> x) {
      return x;
    }
  };

  @SuppressWarnings("ImmutableEnumChecker") // List.of is immutable
  private final List<String> names;

  Activation(String... names) {
    this.names = List.of(names);
  }

  /** Element by element. */
  public abstract Operand<TFloat32> apply(Ops tf, Operand<TFloat32> x);

  /** Element by element, with a gradient by hand where there is one and the pass takes it. */
  public Operand<TFloat32> apply(ForwardContext pass, Operand<TFloat32> x) {
    return apply(pass.tf(), x);
  }

  /** The activation of that name in Hugging Face's configurations; empty if there is none. */
  public static Optional<Activation> named(String name) {
    return Arrays.stream(values())
        .filter(activation -> activation.names.contains(name.toLowerCase(Locale.ROOT)))
        .findFirst();
  }

  /** Every name that is known. */
  public static List<String> allNames() {
    return Arrays.stream(values()).flatMap(each -> each.names.stream()).toList();
  }

  private static Operand<TFloat32> constant(Ops tf, double value) {
    return tf.constant((float) value);
  }
}

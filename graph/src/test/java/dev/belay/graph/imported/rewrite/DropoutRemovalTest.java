package dev.belay.graph.imported.rewrite;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.op.random.RandomUniform;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat64;

class DropoutRemovalTest {
  private static final double RATE = 0.1;

  /** How the world writes dropout. */
  enum Spelling {
    TF2_PRODUCT {
      @Override
      Operand<TFloat64> of(Ops tf, Operand<TFloat64> x) {
        Operand<TFloat64> scaled = tf.math.mul(x, tf.constant(1 / (1 - RATE)));
        return tf.math.mul(scaled, cast(tf, keep(tf, uniform(tf, x))));
      }
    },
    TF2_SELECT {
      @Override
      Operand<TFloat64> of(Ops tf, Operand<TFloat64> x) {
        Operand<TFloat64> scaled = tf.math.mul(tf.constant(1 / (1 - RATE)), x);
        return tf.select(keep(tf, uniform(tf, x)), scaled, tf.constant(0.0));
      }
    },
    SELECT_OF_ZEROS_LIKE {
      @Override
      Operand<TFloat64> of(Ops tf, Operand<TFloat64> x) {
        Operand<TFloat64> scaled = tf.math.div(x, tf.constant(1 - RATE));
        return tf.select(keep(tf, uniform(tf, x)), scaled, tf.zerosLike(x));
      }
    },
    TF1_FLOOR {
      @Override
      Operand<TFloat64> of(Ops tf, Operand<TFloat64> x) {
        Operand<TFloat64> keep = tf.constant(1 - RATE);
        // tf.random_uniform scaled its draw even from 0 to 1
        Operand<TFloat64> drawn =
            tf.math.add(
                tf.math.mul(uniform(tf, x), tf.math.sub(tf.constant(1.0), tf.constant(0.0))),
                tf.constant(0.0));
        return tf.math.mul(tf.math.div(x, keep), tf.math.floor(tf.math.add(keep, drawn)));
      }
    },
    SCALED_AFTERWARDS {
      @Override
      Operand<TFloat64> of(Ops tf, Operand<TFloat64> x) {
        Operand<TBool> keep = tf.math.less(uniform(tf, x), tf.constant(1 - RATE));
        return tf.math.div(tf.math.mul(x, cast(tf, keep)), tf.constant(1 - RATE));
      }
    },
    RATE_COMPUTED_FROM_CONSTANTS {
      @Override
      Operand<TFloat64> of(Ops tf, Operand<TFloat64> x) {
        Operand<TFloat64> keep = tf.math.sub(tf.constant(1.0), tf.identity(tf.constant(RATE)));
        Operand<TFloat64> scaled = tf.math.mul(x, tf.math.div(tf.constant(1.0), keep));
        return tf.math.mul(cast(tf, keep(tf, uniform(tf, x))), scaled);
      }
    };

    abstract Operand<TFloat64> of(Ops tf, Operand<TFloat64> x);
  }

  @ParameterizedTest
  @EnumSource
  void everySpellingBecomesItsInput(Spelling spelling) {
    RewrittenGraph graph = build(tf -> x -> spelling.of(tf, x));
    assertEquals("x", graph.output());
    assertEquals("1 dropout: its input", graph.rewritten().notes().get(0));
  }

  @ParameterizedTest
  @EnumSource
  void aDropoutOfADropoutIsTheFirstInput(Spelling outer) {
    for (Spelling inner : Spelling.values()) {
      RewrittenGraph graph = build(tf -> x -> outer.of(tf, inner.of(tf, x)));
      assertEquals("x", graph.output(), inner::name);
    }
  }

  @Test
  void aMaskWithoutAScaleOnADropoutIsRefused() {
    refused(
        tf -> x -> tf.math.mul(Spelling.TF2_PRODUCT.of(tf, x), cast(tf, keep(tf, uniform(tf, x)))),
        "RandomUniform RandomUniform_1");
  }

  @Test
  void theRestOfTheGraphReadsTheInput() {
    RewrittenGraph graph = build(tf -> x -> tf.math.square(Spelling.TF2_PRODUCT.of(tf, x)));
    double[] first = graph.value();
    assertArrayEquals(first, graph.value());
    assertEquals("x", graph.rewritten().node(graph.output()).getInput(0));
  }

  @Test
  void aMaskThatIsNotScaledByTheRateIsRefused() {
    refused(
        tf -> x -> tf.math.mul(x, cast(tf, keep(tf, uniform(tf, x)))),
        "RandomUniform RandomUniform");
    refused(
        tf ->
            x -> tf.math.mul(tf.math.mul(x, tf.constant(2.0)), cast(tf, keep(tf, uniform(tf, x)))),
        "RandomUniform RandomUniform");
  }

  @Test
  void noiseIsRefused() {
    refused(
        tf -> x -> tf.math.add(x, tf.random.randomStandardNormal(tf.shape(x), TFloat64.class)),
        "RandomStandardNormal RandomStandardNormal");
    refused(tf -> x -> tf.math.add(x, uniform(tf, x)), "RandomUniform RandomUniform");
  }

  private static void refused(
      Function<Ops, Function<Operand<TFloat64>, Operand<TFloat64>>> body, String node) {
    assertEquals(
        "--dropout off: the model draws random numbers that are no dropout as Keras, Hugging Face or"
            + " TF 1 write it, so they cannot be left out: "
            + node
            + ". Train with --dropout on, which draws them from the run's seed and the step, or"
            + " through a function without them, such as --signature serving_default.",
        assertThrows(UnsupportedGraphException.class, () -> build(body)).getMessage());
  }

  private static RewrittenGraph build(
      Function<Ops, Function<Operand<TFloat64>, Operand<TFloat64>>> body) {
    return new RewrittenGraph()
        .input("x", 4, 3)
        .build(
            g -> {
              Output<TFloat64> output = body.apply(g.tf).apply(g.input("x")).asOutput();
              return output;
            },
            new DropoutRemoval(node -> true));
  }

  static Operand<TFloat64> uniform(Ops tf, Operand<TFloat64> x) {
    return RandomUniform.create(tf.scope(), tf.shape(x), TFloat64.class);
  }

  private static Operand<TBool> keep(Ops tf, Operand<TFloat64> drawn) {
    return tf.math.greaterEqual(drawn, tf.constant(RATE));
  }

  private static Operand<TFloat64> cast(Ops tf, Operand<TBool> mask) {
    return tf.dtypes.cast(mask, TFloat64.class);
  }
}

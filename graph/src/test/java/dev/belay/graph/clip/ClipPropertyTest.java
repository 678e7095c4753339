package dev.belay.graph.clip;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.graph.clip.Clipping.Named;
import dev.belay.graph.clip.Clipping.Outcome;
import java.util.stream.DoubleStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** What holds of every rule for any gradients; the graphs live as long as the tests do. */
class ClipPropertyTest {
  private static final float BOUND = 1.5f;
  private static final Named[] SHAPES = {
    new Named("vector", 3), new Named("matrix", 2, 2), new Named("one"), new Named("empty", 0)
  };
  private static final Clipping GLOBAL = new Clipping(new GlobalNormClip(BOUND), SHAPES);
  private static final Clipping NORM = new Clipping(new NormClip(BOUND), SHAPES);
  private static final Clipping VALUE = new Clipping(new ValueClip(BOUND), SHAPES);
  private static final Clipping ADAPTIVE =
      new Clipping(new AdaptiveClip(0.5, name -> false), SHAPES)
          .weights(0, 1, -2, 2)
          .weights(1, 0, 4, 0, 3)
          .weights(2, 7)
          .weights(3);

  /** Eight squares are summed, a root and a quotient taken: each step may round, in any order. */
  private static final double ROUNDING = 8 * Math.ulp(1f);

  private static final double[] ALLOWED = {1.5, 5e-4, 2.5, 3.5};

  /** Zero, one of few elements, ordinary, tiny, denormal and huge ones, short of overflow. */
  @Provide
  Arbitrary<float[][]> gradients() {
    Arbitrary<Float> scale =
        Arbitraries.of(
            0f, Float.MIN_VALUE * 999, 1e-20f, 1e-3f, 0.3f, 1f, 10f, 1e6f, 1e10f, 0x1p58f);
    Arbitrary<float[]> elements =
        Arbitraries.floats().between(-1, 1).array(float[].class).ofSize(8);
    return scale.flatMap(factor -> elements.map(values -> split(values, factor)));
  }

  private static float[][] split(float[] values, float factor) {
    float[][] parts = {new float[3], new float[4], new float[1], new float[0]};
    int at = 0;
    for (float[] part : parts) {
      for (int i = 0; i < part.length; i++) {
        part[i] = values[at++] * factor;
      }
    }
    return parts;
  }

  @Property(tries = 150)
  void theGlobalNormIsBoundedAndTheDirectionKept(@ForAll("gradients") float[][] before) {
    Outcome once = GLOBAL.run(before);
    double norm = norm(before);
    assertTrue(norm(once.gradients()) <= BOUND * (1 + 1e-6), "bounded");
    double factor = norm > BOUND ? BOUND / norm : 1;
    same(before, once.gradients(), factor, ROUNDING);
    assertEquals(norm(once.gradients()), once.clippedNorm(), 1e-18 + 1e-6 * norm(once.gradients()));
    same(once.gradients(), GLOBAL.run(once.gradients()).gradients(), 1, ROUNDING);
  }

  @Property(tries = 150)
  void eachTensorsNormIsBoundedAndItsDirectionKept(@ForAll("gradients") float[][] before) {
    Outcome once = NORM.run(before);
    for (int i = 0; i < before.length; i++) {
      double norm = norm(before[i]);
      assertTrue(norm(once.gradients()[i]) <= BOUND * (1 + 1e-6), "bounded");
      double factor = norm > BOUND ? BOUND / norm : 1;
      same(new float[][] {before[i]}, new float[][] {once.gradients()[i]}, factor, ROUNDING);
    }
    same(once.gradients(), NORM.run(once.gradients()).gradients(), 1, ROUNDING);
  }

  @Property(tries = 150)
  void eachElementIsBoundedAndTwiceIsOnce(@ForAll("gradients") float[][] before) {
    Outcome once = VALUE.run(before);
    for (int i = 0; i < before.length; i++) {
      for (int j = 0; j < before[i].length; j++) {
        float expected = Math.max(-BOUND, Math.min(BOUND, before[i][j]));
        assertEquals(expected, once.gradients()[i][j], Float.MIN_NORMAL); // may flush denormals
      }
      assertArrayEquals(once.gradients()[i], VALUE.run(once.gradients()).gradients()[i]);
    }
  }

  @Property(tries = 150)
  void eachColumnIsBoundedByItsWeights(@ForAll("gradients") float[][] before) {
    float[][] once = ADAPTIVE.run(before).gradients();
    float[][] columns = columns(before);
    float[][] clipped = columns(once);
    for (int i = 0; i < columns.length; i++) {
      double norm = norm(columns[i]);
      assertTrue(norm(clipped[i]) <= ALLOWED[i] * (1 + 1e-6), "column " + i);
      double factor = norm > ALLOWED[i] ? ALLOWED[i] / norm : 1;
      same(new float[][] {columns[i]}, new float[][] {clipped[i]}, factor, ROUNDING);
    }
    same(once, ADAPTIVE.run(once).gradients(), 1, ROUNDING);
  }

  private static float[][] columns(float[][] all) {
    return new float[][] {
      all[0], {all[1][0], all[1][2]}, {all[1][1], all[1][3]}, all[2],
    };
  }

  /** Up to an error that is relative, and up to what float32 rounds to zero. */
  private static void same(float[][] before, float[][] after, double factor, double relative) {
    for (int i = 0; i < before.length; i++) {
      for (int j = 0; j < before[i].length; j++) {
        double expected = before[i][j] * factor;
        // Denormal numbers may be flushed to zero.
        assertEquals(expected, after[i][j], relative * Math.abs(expected) + 1.2e-38);
      }
    }
  }

  private static double norm(float[]... parts) {
    return Math.sqrt(
        java.util.Arrays.stream(parts)
            .flatMapToDouble(
                part ->
                    DoubleStream.iterate(0, i -> i + 1)
                        .limit(part.length)
                        .map(i -> (double) part[(int) i] * part[(int) i]))
            .sum());
  }
}

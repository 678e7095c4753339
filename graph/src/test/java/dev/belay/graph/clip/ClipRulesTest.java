package dev.belay.graph.clip;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.graph.clip.Clipping.Named;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClipRulesTest {

  @Test
  void theGlobalNormAfterIsTheBound() {
    try (Clipping clipping =
        new Clipping(new GlobalNormClip(2), new Named("a", 2), new Named("b", 1))) {
      Clipping.Outcome outcome = clipping.run(new float[] {3, 4}, new float[] {12});
      assertEquals(13, outcome.norm(), 1e-6);
      assertEquals(2, outcome.clippedNorm(), 1e-6);
      assertEquals(2 / 13f, outcome.scale(), 1e-8);
      assertTrue(outcome.bites());
      assertFalse(clipping.run(new float[] {1, 0}, new float[] {1}).bites());
    }
  }

  @Test
  void noClipMeasuresAndLeavesAlone() {
    try (Clipping clipping = new Clipping(new NoClip(), new Named("a", 2))) {
      Clipping.Outcome outcome = clipping.run(new float[] {6, 8});
      assertArrayEquals(new float[] {6, 8}, outcome.gradients()[0]);
      assertEquals(10, outcome.norm());
      assertEquals(10, outcome.clippedNorm());
      assertEquals(1, outcome.scale());
      assertFalse(outcome.bites());
    }
  }

  @Test
  void eachTensorIsClippedByItsOwnNorm() {
    try (Clipping clipping = new Clipping(new NormClip(5), new Named("a", 2), new Named("b", 2))) {
      Clipping.Outcome outcome = clipping.run(new float[] {6, 8}, new float[] {3, 0});
      assertArrayEquals(new float[] {3, 4}, outcome.gradients()[0], 1e-6f);
      assertArrayEquals(new float[] {3, 0}, outcome.gradients()[1], 1e-6f);
      assertEquals(Math.sqrt(109), outcome.norm(), 1e-5);
      assertEquals(Math.sqrt(34), outcome.clippedNorm(), 1e-5);
      assertEquals(Math.sqrt(34 / 109.0), outcome.scale(), 1e-6);
      assertTrue(outcome.bites());
    }
  }

  @Test
  void elementsAreKeptBetweenTheBounds() {
    try (Clipping clipping = new Clipping(new ValueClip(1), new Named("a", 3))) {
      Clipping.Outcome outcome = clipping.run(new float[] {-3, 0.5f, 2});
      assertArrayEquals(new float[] {-1, 0.5f, 1}, outcome.gradients()[0]);
      assertEquals(1.5, outcome.clippedNorm(), 1e-6);
      assertTrue(outcome.bites());
      assertFalse(clipping.run(new float[] {-1, 0.5f, 1}).bites());
    }
  }

  @Test
  void aColumnIsClippedBesideItsWeights() {
    try (Clipping clipping =
        new Clipping(
                new AdaptiveClip(0.1, name -> name.contains("bias")),
                new Named("kernel", 2, 3),
                new Named("bias", 1),
                new Named("scale", 2))
            .weights(0, 3, 0, 0, 4, 0, 1)
            .weights(1, 0)
            .weights(2, 6, 8)) {
      Clipping.Outcome outcome =
          clipping.run(
              new float[] {0, 3e-5f, 0.03f, 5, 4e-5f, 0.04f},
              new float[] {100},
              new float[] {3, 4});
      // Norms of the columns 5, 0 (counts as 1e-3), 1; allowed are 0.5, 1e-4, 0.1.
      assertArrayEquals(
          new float[] {0, 3e-5f, 0.03f, 0.5f, 4e-5f, 0.04f}, outcome.gradients()[0], 1e-7f);
      assertArrayEquals(new float[] {100}, outcome.gradients()[1]);
      assertArrayEquals(new float[] {0.6f, 0.8f}, outcome.gradients()[2], 1e-6f);
      assertTrue(outcome.bites());
      Clipping.Outcome zero = clipping.run(new float[6], new float[] {1}, new float[] {0.3f, 0.4f});
      assertArrayEquals(new float[6], zero.gradients()[0]);
      assertFalse(zero.bites());
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {10, 50, 73.5, 100})
  void theBoundIsAPercentileOfTheNormsSoFar(double percentile) {
    Random random = new Random(4);
    try (Clipping clipping = new Clipping(new AutoClip(percentile), new Named("a", 1))) {
      List<Float> seen = new ArrayList<>();
      for (int step = 0; step < 40; step++) {
        float gradient = step == 7 ? 0 : (float) Math.exp(random.nextGaussian());
        if (gradient > 0) {
          seen.add(gradient);
        }
        double bound = percentile(seen, percentile);
        Clipping.Outcome outcome = clipping.run(new float[] {gradient});
        assertEquals(
            Math.min(gradient, bound), outcome.clippedNorm(), 1e-6 * bound, "step " + step);
        assertEquals(gradient > bound * (1 + 1e-6), outcome.bites(), "step " + step);
      }
    }
  }

  /** As numpy.percentile. */
  private static double percentile(List<Float> values, double percentile) {
    double[] sorted = values.stream().mapToDouble(Float::doubleValue).sorted().toArray();
    double position = (sorted.length - 1) * percentile / 100;
    int low = (int) Math.floor(position);
    int high = Math.min(low + 1, sorted.length - 1);
    return sorted[low] + (position - low) * (sorted[high] - sorted[low]);
  }

  @Test
  void groupsAreClippedApart() {
    ClipRule grouped =
        new GroupedClip(
            List.of(
                new GroupedClip.Group(
                    "embed=norm:1", name -> name.startsWith("embed"), new NormClip(1)),
                new GroupedClip.Group("auto", name -> name.equals("x"), new AutoClip(50)),
                new GroupedClip.Group("none", name -> name.startsWith("head"), new NoClip())),
            new GlobalNormClip(5));
    try (Clipping clipping =
        new Clipping(
            grouped,
            new Named("a", 1),
            new Named("embed/1", 2),
            new Named("head", 1),
            new Named("b", 1),
            new Named("x", 1))) {
      float[][] gradients = {{6}, {3, 4}, {100}, {8}, {1}};
      Clipping.Outcome outcome = clipping.run(gradients);
      float[][] expected = {{3}, {0.6f, 0.8f}, {100}, {4}, {1}};
      for (int i = 0; i < expected.length; i++) {
        assertArrayEquals(expected[i], outcome.gradients()[i], 1e-6f);
      }
      assertEquals(Math.sqrt(100 + 25 + 10000 + 1), outcome.norm(), 1e-3);
      assertTrue(outcome.bites());
      gradients[4][0] = 3;
      assertEquals(2, clipping.run(gradients).gradients()[4][0], 1e-6);
    }
  }

  @Test
  void groupsThatOverlapOrAreEmptyAreAllListed() {
    ClipRule grouped =
        new GroupedClip(
            List.of(
                new GroupedClip.Group("a.*=norm:1", name -> name.startsWith("a"), new NormClip(1)),
                new GroupedClip.Group(".b=none", name -> name.endsWith("b"), new NoClip()),
                new GroupedClip.Group("zz=none", name -> name.equals("zz"), new NoClip())),
            new GlobalNormClip(5));
    assertEquals(
        "The groups for clipping do not fit the variables that train, each of which may be in one"
            + " group: ab is in a.*=norm:1 and in .b=none; zz=none holds no variable that trains."
            + " Change the patterns of --clip-group; `belay inspect MODEL --plan` lists the"
            + " variables.",
        assertThrows(
                ClipGroupException.class,
                () -> new Clipping(grouped, new Named("ab", 1), new Named("cb", 1)).close())
            .getMessage());
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -1, Double.NaN, Double.POSITIVE_INFINITY, 1e-60, 1e60})
  void refusesABoundThatIsNone(double bound) {
    String rest =
        " must be a finite number above 0, such as 1.0; found "
            + bound
            + ". To train without clipping, choose the mode none.";
    assertEquals("The bound of the global norm" + rest, message(() -> new GlobalNormClip(bound)));
    assertEquals("The bound of a tensor's norm" + rest, message(() -> new NormClip(bound)));
    assertEquals("The bound of a gradient's elements" + rest, message(() -> new ValueClip(bound)));
    assertEquals(
        "The lambda of adaptive clipping" + rest,
        message(() -> new AdaptiveClip(bound, name -> false)));
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -1, Double.NaN, 100.5})
  void refusesAPercentileThatIsNone(double percentile) {
    assertEquals(
        "The percentile of automatic clipping must be above 0 and at most 100, such as 10; found "
            + percentile
            + ".",
        message(() -> new AutoClip(percentile)));
  }

  @Test
  void aNormThatIsNotFiniteMakesEveryGradientNaN() {
    for (ClipRule rule : Arrays.asList(new GlobalNormClip(1), new AutoClip(10))) {
      try (Clipping clipping = new Clipping(rule, new Named("a", 1), new Named("b", 1))) {
        Clipping.Outcome outcome =
            clipping.run(new float[] {Float.POSITIVE_INFINITY}, new float[] {1});
        assertTrue(
            Float.isNaN(outcome.gradients()[0][0]) && Float.isNaN(outcome.gradients()[1][0]));
      }
    }
  }

  private static String message(org.junit.jupiter.api.function.Executable made) {
    return assertThrows(IllegalArgumentException.class, made).getMessage();
  }
}

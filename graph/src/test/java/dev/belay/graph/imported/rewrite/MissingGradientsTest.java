package dev.belay.graph.imported.rewrite;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat64;

class MissingGradientsTest {
  private static final Shape SIX = Shape.of(6);

  @Test
  void clipByValue() {
    RewrittenGraph graph =
        new RewrittenGraph()
            .with("x", new double[] {-3, -0.4, 0.1, 0.7, 1.4, 9}, SIX, SIX)
            .build(
                g ->
                    g.op(
                        "ClipByValue",
                        a -> {},
                        g.input("x"),
                        g.tf.constant(-0.5),
                        g.tf.constant(1.5)),
                new MissingGradients());
    graph.sameValues(0).sameGradients("x");
  }

  @Test
  void erfc() {
    RewrittenGraph graph =
        new RewrittenGraph()
            .with("x", new double[] {-3, -0.4, 0, 0.7, 1.4, 4}, SIX, SIX)
            .build(g -> g.op("Erfc", a -> {}, g.input("x")), new MissingGradients());
    graph.sameValues(1e-15).sameGradients("x");
  }

  @ParameterizedTest
  @ValueSource(strings = {"Xlogy", "Xdivy"})
  void ofZeroIsZeroWhateverTheOther(String op) {
    RewrittenGraph graph =
        new RewrittenGraph()
            .with("x", new double[] {0, 0.4, -1, 0.7, 1.4, 0}, SIX, SIX)
            .input("y", 6)
            .build(g -> g.op(op, a -> {}, g.input("x"), g.input("y")), new MissingGradients());
    // By x at x = 0 the op has a kink of its own making, so the difference is taken by y alone.
    graph.sameValues(1e-15).sameGradients("y");
    RewrittenGraph broadcast =
        new RewrittenGraph()
            .input("x", 2, 3)
            .input("y", 3)
            .build(g -> g.op(op, a -> {}, g.input("x"), g.input("y")), new MissingGradients());
    broadcast.sameValues(1e-15).sameGradients("x", "y");
  }

  @Test
  void zeroTimesTheLogarithmOfZeroHasAFiniteGradient() {
    RewrittenGraph graph =
        new RewrittenGraph()
            .with("x", new double[] {0, 2}, Shape.of(2), Shape.of(2))
            .with("y", new double[] {0, 1}, Shape.of(2), Shape.of(2))
            .build(g -> g.op("Xlogy", a -> {}, g.input("x"), g.input("y")), new MissingGradients());
    assertArrayEquals(new double[] {0, 0}, graph.value());
  }

  @ParameterizedTest
  @ValueSource(strings = {"Round", "Rint", "Ceil"})
  void stepsHaveNoSlope(String op) {
    RewrittenGraph graph =
        new RewrittenGraph()
            .with("x", new double[] {-3.2, -0.4, 0.1, 0.7, 1.4, 9.9}, SIX, SIX)
            .build(
                g -> {
                  Ops tf = g.tf;
                  return tf.math
                      .add(
                          tf.math.square(g.input("x")),
                          g.op(op, a -> {}, g.input("x")).expect(TFloat64.class))
                      .asOutput();
                },
                new MissingGradients());
    graph.sameValues(0).sameGradients("x");
    assertEquals(1, graph.rewritten().nodes("StopGradient").size());
  }

  @Test
  void olderNames() {
    RewrittenGraph bias =
        new RewrittenGraph()
            .input("x", 2, 3)
            .input("b", 3)
            .build(
                g -> g.op("BiasAddV1", a -> {}, g.input("x"), g.input("b")),
                new MissingGradients());
    bias.sameValues(0).sameGradients("x", "b");
    RewrittenGraph gather =
        new RewrittenGraph()
            .input("table", 5, 2)
            .build(
                g ->
                    g.op(
                        "Gather",
                        a -> {},
                        g.input("table"),
                        g.tf.constant(new int[][] {{4, 0}, {4, 1}})),
                new MissingGradients());
    gather.sameValues(0).sameGradients("table");
  }
}

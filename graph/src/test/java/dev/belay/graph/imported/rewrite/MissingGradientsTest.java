package dev.belay.graph.imported.rewrite;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.belay.graph.TensorData;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.OperationBuilder;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.proto.framework.GraphDef;
import org.tensorflow.types.TFloat32;
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

  @ParameterizedTest
  @ValueSource(strings = {"FusedBatchNorm", "FusedBatchNormV2"})
  void olderBatchNorms(String op) {
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Operand<TFloat32> x =
          tf.reshape(
              tf.constant(new float[] {1, 2, 3, 4, 5, 7, 8, 11}),
              tf.constant(new int[] {2, 2, 2, 1}));
      OperationBuilder builder = tf.scope().opBuilder(op, "norm").addInput(x.asOutput());
      for (float of : new float[] {2, 3, 0, 1}) {
        builder.addInput(tf.constant(new float[] {of}).asOutput());
      }
      builder.setAttr("is_training", true).build();
      float[] original = fetch(graph.toGraphDef(), false)[0];
      NodeGraph nodes = new NodeGraph(graph.toGraphDef());
      new MissingGradients().rewrite(nodes);
      float[][] rewritten = fetch(nodes.toGraphDef(), true);
      assertArrayEquals(original, rewritten[0]);
      // A constant added to all of x changes nothing, so its slopes add up to none.
      double sum = 0;
      for (float slope : rewritten[1]) {
        sum += slope;
      }
      assertEquals(0, sum, 1e-4);
    }
  }

  /** The normed tensor, and half the square's gradient by the input. */
  private static float[][] fetch(GraphDef graphDef, boolean gradient) {
    try (Graph graph = new Graph();
        Session session = new Session(graph)) {
      graph.importGraphDef(graphDef);
      Output<?> norm = graph.operationOrThrow("norm").output(0);
      Operand<TFloat32> loss = Ops.create(graph).nn.l2Loss(norm.expect(TFloat32.class));
      Output<?> second =
          gradient
              ? graph
                  .addGradients(
                      loss.asOutput(), new Output<?>[] {graph.operationOrThrow("norm").input(0)})[0]
              : loss.asOutput();
      try (Result result = session.runner().fetch(norm).fetch(second).run()) {
        return new float[][] {TensorData.floats(result.get(0)), TensorData.floats(result.get(1))};
      }
    }
  }
}

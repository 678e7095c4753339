package dev.belay.graph.imported.rewrite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.graph.TensorData;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.tensorflow.Graph;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.exceptions.TFInvalidArgumentException;
import org.tensorflow.op.Ops;
import org.tensorflow.op.nn.SparseSoftmaxCrossEntropyWithLogits;
import org.tensorflow.proto.framework.GraphDef;

/** In float32: the native gradient of the one-hot form exists in no other type. */
class SparseCrossEntropyTest {
  private static final float[][] LOGITS = {{1, 2, -0.5f, 0}, {0, 3, 1, 1}, {-2, 0, 0.3f, 4}};

  @Test
  void givesTheSameLossAndGradient() {
    float[][] original = run(new int[] {2, 0, 3}, false);
    float[][] rewritten = run(new int[] {2, 0, 3}, true);
    for (int i = 0; i < 3; i++) {
      assertEquals(original[0][i], rewritten[0][i], 1e-6);
    }
    // The original hands out its gradient as a second output.
    for (int i = 0; i < 12; i++) {
      assertEquals(original[1][i], rewritten[1][i], 1e-6);
    }
  }

  @Test
  void stillChecksLabels() {
    for (int wrong : new int[] {4, -1}) {
      TFInvalidArgumentException refused =
          assertThrows(TFInvalidArgumentException.class, () -> run(new int[] {2, wrong, 3}, true));
      assertTrue(refused.getMessage().contains("assertion failed"), refused.getMessage());
    }
  }

  /** Losses, and the gradient of their sum. */
  private static float[][] run(int[] labels, boolean rewrite) {
    GraphDef graphDef;
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      SparseSoftmaxCrossEntropyWithLogits.create(
          tf.scope().withName("loss"), tf.withName("logits").constant(LOGITS), tf.constant(labels));
      graphDef = graph.toGraphDef();
    }
    if (rewrite) {
      NodeGraph nodes = new NodeGraph(graphDef);
      new SparseCrossEntropy().rewrite(nodes);
      assertEquals(
          List.of(
              "1 " + SparseCrossEntropy.OP + ": SoftmaxCrossEntropyWithLogits of one-hot labels"),
          nodes.notes());
      graphDef = nodes.toGraphDef();
    }
    try (Graph graph = new Graph();
        Session session = new Session(graph)) {
      graph.importGraphDef(graphDef);
      Output<?> loss = graph.operationOrThrow("loss").output(0);
      Output<?> gradient =
          rewrite
              ? graph
                  .addGradients(loss, new Output<?>[] {graph.operationOrThrow("logits").output(0)})[
                  0]
              : graph.operationOrThrow("loss").output(1);
      try (Result result = session.runner().fetch(loss).fetch(gradient).run()) {
        return new float[][] {TensorData.floats(result.get(0)), TensorData.floats(result.get(1))};
      }
    }
  }
}

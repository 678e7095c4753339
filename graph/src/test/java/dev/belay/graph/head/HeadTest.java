package dev.belay.graph.head;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.graph.TensorData;
import dev.belay.graph.variable.GraphVariable;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;

class HeadTest {
  private final Graph graph = new Graph();
  private final Ops tf = Ops.create(graph);

  @AfterEach
  void close() {
    graph.close();
  }

  @Test
  void aSeedGivesTheSameKernelAndAnotherAnother() {
    float[] first = kernel(7);
    assertArrayEquals(first, kernel(7));
    assertFalse(Arrays.equals(first, kernel(8)));
    double square = 0;
    for (float value : first) {
      assertTrue(Math.abs(value) <= 0.04, "cut off at two deviations: " + value);
      square += value * (double) value / first.length;
    }
    assertEquals(0.0176, Math.sqrt(square), 0.0015); // 0.02 with its tails cut off
  }

  @Test
  void theFirstTokenIsRead() {
    Operand<TFloat32> tokens =
        tf.constant(new float[][][] {{{1, 2}, {30, 40}}, {{5, 6}, {70, 80}}}); // [B, S, H]
    AttachedHead head = new ClassificationHead(3, 0, 1).attach(tf, tokens.asOutput());
    Operand<TFloat32> logits = head.evaluate(tf, tokens.asOutput());
    assertEquals(Shape.of(2, 3), logits.shape());
    try (Session session = new Session(graph)) {
      set(session, head.variables().get("head/kernel"), 1, 0, 2, 0, 1, -1);
      set(session, head.variables().get("head/bias"), 0, 10, 0);
      try (Result result = session.runner().fetch(logits).run()) {
        assertArrayEquals(new float[] {1, 12, 0, 5, 16, 4}, TensorData.floats(result.get(0)));
      }
    }
  }

  @Test
  void dropoutIsDrawnFromTheStepAndKeepsTheMean() {
    Operand<TFloat32> features =
        tf.fill(tf.constant(new int[] {1, 4000}), tf.constant(1f)); // [B, H]
    AttachedHead head = new RegressionHead(0.25, 5).attach(tf, features.asOutput());
    Placeholder<TInt64> step = tf.placeholder(TInt64.class);
    Operand<TFloat32> output = head.train(tf, features.asOutput(), step);
    float[] ones = new float[4000];
    Arrays.fill(ones, 1);
    try (Session session = new Session(graph)) {
      set(session, head.variables().get("head/kernel"), ones);
      set(session, head.variables().get("head/bias"), 0);
      float third = run(session, output, step, 3);
      assertEquals(third, run(session, output, step, 3));
      assertFalse(third == run(session, output, step, 4));
      assertEquals(4000, third, 150);
      assertFalse(third == 4000);
    }
  }

  @Test
  void featuresOfAnotherFormAreRefused() {
    Operand<TFloat32> flat = tf.constant(new float[] {1, 2});
    assertEquals(
        "A new head reads floating-point features [batch, hidden], or [batch, tokens, hidden] of"
            + " which it takes the first token, with a known hidden size; the chosen tensor is"
            + " DT_FLOAT of shape [2]. Name another tensor with --features.",
        assertThrows(
                IllegalArgumentException.class,
                () -> new RegressionHead(0, 1).attach(tf, flat.asOutput()))
            .getMessage());
    assertThrows(
        IllegalArgumentException.class,
        () -> new RegressionHead(0, 1).attach(tf, tf.constant(new int[][] {{1, 2}}).asOutput()));
  }

  @Test
  void settingsOutOfRangeAreRefused() {
    assertEquals(
        "A classification head needs at least 2 classes; found 1.",
        assertThrows(IllegalArgumentException.class, () -> new ClassificationHead(1, 0, 0))
            .getMessage());
    assertEquals(
        "The head's dropout rate must be at least 0 and below 1, such as 0.1; found 1.0.",
        assertThrows(IllegalArgumentException.class, () -> new RegressionHead(1, 0)).getMessage());
  }

  private float[] kernel(long seed) {
    try (Graph own = new Graph();
        Session session = new Session(own)) {
      Ops ops = Ops.create(own);
      Operand<TFloat32> features = ops.constant(new float[2][128]);
      AttachedHead head = new ClassificationHead(4, 0.1, seed).attach(ops, features.asOutput());
      Session.Runner first = session.runner();
      head.initializers().forEach(first::addTarget);
      first.run().close();
      try (Result result =
          session.runner().fetch(head.variables().get("head/kernel").value()).run()) {
        return TensorData.floats(result.get(0));
      }
    }
  }

  private static float run(
      Session session, Operand<TFloat32> output, Placeholder<TInt64> step, long at) {
    try (TInt64 fed = TInt64.scalarOf(at);
        Result result = session.runner().feed(step, fed).fetch(output).run()) {
      return TensorData.floats(result.get(0))[0];
    }
  }

  private static void set(Session session, GraphVariable variable, float... values) {
    try (Tensor value = TensorData.of(variable.spec().shape(), values)) {
      session.runner().feed(variable.newValue(), value).addTarget(variable.assign()).run();
    }
  }
}

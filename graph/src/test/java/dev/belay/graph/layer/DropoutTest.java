package dev.belay.graph.layer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.graph.TensorData;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

class DropoutTest {
  /** An odd number of elements: the last draw serves one of them. */
  private static final int ROWS = 301;

  private static final int COLUMNS = 333;

  /** Ones after dropout, at a step. */
  private static float[] dropped(double rate, long seed, long step) {
    try (Graph graph = new Graph();
        Session session = new Session(graph)) {
      Ops tf = Ops.create(graph);
      ForwardContext pass =
          ForwardContext.training(tf, new ForwardContext.Draws(seed, tf.constant(step), 1));
      Operand<TFloat32> ones = tf.fill(tf.constant(new int[] {ROWS, COLUMNS}), tf.constant(1f));
      try (Result result = session.runner().fetch(pass.dropout(ones, rate)).run()) {
        return TensorData.floats(result.get(0));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.1, 0.5, 0.9})
  void asManyAreKeptAsTheRateSays(double rate) {
    float[] values = dropped(rate, 5, 3);
    int count = values.length;
    assertEquals(ROWS * COLUMNS, count);
    double keep = Math.round((1 - rate) * 65536) / 65536.0;
    int kept = 0;
    for (float value : values) {
      assertTrue(value == 0 || Math.abs(value - 1 / keep) < 1e-5, "element " + value);
      kept += value > 0 ? 1 : 0;
    }
    double deviation = Math.sqrt(count * keep * (1 - keep));
    assertEquals(count * keep, kept, 4 * deviation);
  }

  /** Neighbours share a draw, and rows lie beside each other: neither may show. */
  @Test
  void elementsAreIndependent() {
    float[] values = dropped(0.5, 5, 3);
    for (int distance : new int[] {1, 2, COLUMNS}) {
      int equal = 0;
      int pairs = values.length - distance;
      for (int i = 0; i < pairs; i++) {
        equal += (values[i] > 0) == (values[i + distance] > 0) ? 1 : 0;
      }
      assertEquals(pairs / 2.0, equal, 4 * Math.sqrt(pairs / 4.0), "distance " + distance);
    }
  }

  @Test
  void seedAndStepDecide() {
    float[] once = dropped(0.1, 5, 3);
    assertArrayEquals(once, dropped(0.1, 5, 3));
    assertFalse(Arrays.equals(once, dropped(0.1, 6, 3)));
    assertFalse(Arrays.equals(once, dropped(0.1, 5, 4)));
  }

  @Test
  void aRateTooSmallToBeDrawnDropsNothing() {
    for (float value : dropped(1e-7, 5, 3)) {
      assertEquals(1, value);
    }
  }
}

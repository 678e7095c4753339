package dev.belay.graph.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TFloat32;

/** Peaks of graphs whose tensors can be counted by hand. */
class PeakMemoryTest {
  private static final long ROWS = 10;

  private static long peak(Graph graph, Operand<?> target) {
    return PeakMemory.of(graph, List.of(target.op()), Map.of("x", Shape.of(ROWS, 100)), ROWS);
  }

  private static Operand<TFloat32> input(Ops tf) {
    return tf.withName("x")
        .placeholder(
            TFloat32.class, Placeholder.shape(Shape.of(Shape.UNKNOWN_SIZE, Shape.UNKNOWN_SIZE)));
  }

  @Test
  void aTensorIsFreedAfterItsLastReader() {
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Operand<TFloat32> first = tf.math.cumsum(input(tf), tf.constant(0)); // 4,000 bytes
      Operand<TFloat32> second = tf.math.cumsum(first, tf.constant(0));
      Operand<TFloat32> third = tf.math.cumsum(second, tf.constant(0));
      assertEquals(2 * 4_000, peak(graph, third));
    }
  }

  @Test
  void aTensorThatIsReadLaterIsKept() {
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Operand<TFloat32> first = tf.math.cumsum(input(tf), tf.constant(0));
      Operand<TFloat32> second = tf.math.cumsum(first, tf.constant(0));
      Operand<TFloat32> third = tf.math.cumsum(second, tf.constant(0));
      Operand<TFloat32> all = tf.concat(List.of(first, third), tf.constant(0));
      assertEquals(4 * 4_000, peak(graph, all));
    }
  }

  @Test
  void shapesViewsAndWorkInPlaceTakeNothing() {
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Operand<TFloat32> first = tf.math.cumsum(input(tf), tf.constant(0));
      Operand<TFloat32> flat = tf.reshape(first, tf.constant(new int[] {-1}));
      Operand<TFloat32> last = tf.math.tanh(flat);
      assertEquals(4_000, peak(graph, last));
    }
  }

  @Test
  void whatTheTargetDoesNotNeedIsNotCounted() {
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Operand<TFloat32> first = tf.math.cumsum(input(tf), tf.constant(0));
      tf.concat(List.of(first, first, first), tf.constant(0));
      assertEquals(4_000, peak(graph, first));
    }
  }
}

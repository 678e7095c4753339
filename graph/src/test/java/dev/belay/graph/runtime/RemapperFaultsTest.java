package dev.belay.graph.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.nn.FusedBatchNorm;
import org.tensorflow.types.TFloat16;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.family.TNumber;

/**
 * Layer norms as Keras writes them, a batch norm of one row, reshaped, scaled, and shifted; and
 * gated linear units.
 */
class RemapperFaultsTest {

  @ParameterizedTest
  @CsvSource({
    "false, 1, 1, true, false",
    "true, 1, 1, true, true",
    "false, 2, 1, true, true",
    "false, 1, 2, true, true",
    "false, 2, 2, false, false"
  })
  void failsWhereTheFusedOpDoesNotTakeIt(
      boolean half, int scaleRank, int offsetRank, boolean ofNorm, boolean fails) {
    try (Graph graph = new Graph()) {
      if (half) {
        build(graph, TFloat16.class, scaleRank, offsetRank, ofNorm);
      } else {
        build(graph, TFloat32.class, scaleRank, offsetRank, ofNorm);
      }
      assertEquals(fails, RemapperFaults.anyIn(graph));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "sigmoid, 0, 1, true",
    "sigmoid, 1, 1, false",
    "mish, 1, 0, true",
    "tanh, 0, 1, false"
  })
  void aGateIsNotTheActivationOfItsOwnInput(String gate, int of, int gated, boolean wrong) {
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Operand<TFloat32> rows = tf.placeholder(TFloat32.class, Placeholder.shape(Shape.of(2, 8)));
      List<Output<TFloat32>> halves = tf.split(tf.constant(1), rows, 2L).output();
      Operand<TFloat32> input = halves.get(of);
      Operand<TFloat32> value =
          switch (gate) {
            case "sigmoid" -> tf.math.sigmoid(tf.identity(input));
            case "mish" -> tf.math.tanh(tf.math.softplus(input));
            default -> tf.math.tanh(input);
          };
      tf.math.mul(halves.get(gated), value);
      assertEquals(wrong, RemapperFaults.anyIn(graph));
    }
  }

  private static <T extends TNumber> void build(
      Graph graph, Class<T> type, int scaleRank, int offsetRank, boolean ofNorm) {
    Ops tf = Ops.create(graph);
    Operand<T> rows = tf.placeholder(type, Placeholder.shape(Shape.of(1, 2, 4, 1)));
    Operand<TFloat32> of = tf.placeholder(TFloat32.class, Placeholder.shape(Shape.of(2)));
    Operand<T> norm =
        ofNorm
            ? tf.nn.fusedBatchNorm(rows, of, of, of, of, FusedBatchNorm.dataFormat("NCHW")).y()
            : rows;
    Operand<T> values = tf.reshape(norm, tf.constant(new int[] {2, 4}));
    Operand<T> scaled = tf.math.mul(values, vector(tf, type, scaleRank));
    tf.math.add(scaled, vector(tf, type, offsetRank));
  }

  private static <T extends TNumber> Operand<T> vector(Ops tf, Class<T> type, int rank) {
    Shape shape = rank == 1 ? Shape.of(4) : Shape.of(1, 4);
    return tf.placeholder(type, Placeholder.shape(shape));
  }
}

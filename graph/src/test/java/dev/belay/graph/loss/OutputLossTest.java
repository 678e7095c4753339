package dev.belay.graph.loss;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.graph.TensorData;
import org.junit.jupiter.api.Test;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.exceptions.TFInvalidArgumentException;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.StdArrays;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/** Losses that a model computes itself. */
class OutputLossTest {
  private static final int NONE = SparseSoftmaxCrossEntropy.IGNORED_LABEL;
  private static final int[][] TAGS = {{2, 0, NONE}, {1, NONE, NONE}};

  /** Mean and weight of a loss with these labels. */
  private static void assertLoss(
      double mean, double weight, Object loss, Shape shape, TInt32 labels) {
    try (Graph graph = new Graph();
        labels) {
      Ops tf = Ops.create(graph);
      Placeholder<TInt32> fed = tf.placeholder(TInt32.class, Placeholder.shape(shape));
      Operand<TFloat32> values =
          loss instanceof Float one
              ? tf.constant(one)
              : loss instanceof float[] row ? tf.constant(row) : tf.constant((float[][]) loss);
      LossTensors tensors =
          new OutputLoss(fed.asOutput(), values.shape().numDimensions()).build(tf, values);
      try (Session session = new Session(graph);
          Result result =
              session
                  .runner()
                  .feed(fed, labels)
                  .fetch(tensors.mean())
                  .fetch(tensors.weight())
                  .run()) {
        assertEquals(mean, TensorData.scalar(result.get(0)), 1e-6);
        assertEquals(weight, TensorData.scalar(result.get(1)), 1e-6);
      }
    }
  }

  private static TInt32 tags() {
    return TInt32.tensorOf(StdArrays.ndCopyOf(TAGS));
  }

  @Test
  void aValuePerExampleCountsEachExample() {
    assertLoss(3, 2, new float[] {2, 4}, Shape.of(-1, -1), tags());
  }

  @Test
  void anExampleWithoutItsOneClassDoesNotCount() {
    assertLoss(4, 1, new float[] {2, 4}, Shape.of(-1), TInt32.vectorOf(NONE, 1));
  }

  @Test
  void aValuePerTokenCountsTokensWithALabel() {
    float[][] loss = {{1, 2, 90}, {6, 90, 90}};
    assertLoss(3, 3, loss, Shape.of(-1, -1), tags());
  }

  @Test
  void aScalarIsTheLossOfItsExamples() {
    assertLoss(5, 2, 5f, Shape.of(-1, -1), tags());
  }

  @Test
  void valuesOfAnotherNumberThanTheExamplesAreRefused() {
    String message =
        assertThrows(
                TFInvalidArgumentException.class,
                () -> assertLoss(0, 0, new float[] {1, 2, 3}, Shape.of(-1, -1), tags()))
            .getMessage();
    assertTrue(message.contains(OutputLoss.MISSHAPEN), message);
  }

  @Test
  void tagsOfAnotherShapeThanTheLabelsAreRefused() {
    try (Graph graph = new Graph();
        Tensor labels = tags()) {
      Ops tf = Ops.create(graph);
      Placeholder<TInt32> fed = tf.placeholder(TInt32.class, Placeholder.shape(Shape.of(-1, -1)));
      Operand<?> loss =
          new OutputLoss(fed.asOutput(), 1)
              .requiringFit(tf, tf.constant(new float[] {1, 2}), tf.constant(new int[2][2]));
      try (Session session = new Session(graph)) {
        assertThrows(
            TFInvalidArgumentException.class,
            () -> session.runner().feed(fed, labels).fetch(loss).run());
      }
    }
  }
}

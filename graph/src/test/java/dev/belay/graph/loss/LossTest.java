package dev.belay.graph.loss;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.graph.TensorData;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.exceptions.TFInvalidArgumentException;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

class LossTest {
  private static final float[][] LOGITS = {{1, 2, -0.5f}, {0, 3, 1}, {-2, 0, 0.3f}, {9, 0, 0}};

  private final Graph graph = new Graph();
  private final Ops tf = Ops.create(graph);

  @AfterEach
  void close() {
    graph.close();
  }

  @Test
  void crossEntropyIsTheNegativeLogarithmOfTheLabelsShare() {
    LossTensors loss = new SparseSoftmaxCrossEntropy().build(tf, tf.constant(LOGITS));
    float[] found = run(loss, Shape.of(4), new int[] {2, 1, 0, 0});
    double expected = entropy(0, 2) + entropy(1, 1) + entropy(2, 0) + entropy(3, 0);
    assertEquals(expected, found[0], 1e-5);
    assertEquals(4, found[1]);
    assertEquals(expected / 4, found[2], 1e-6);
  }

  @Test
  void labelsOfMinusHundredDoNotCount() {
    Operand<TFloat32> tokens =
        tf.reshape(tf.constant(LOGITS), tf.constant(new int[] {2, 2, 3})); // [B, S, C]
    LossTensors loss = new SparseSoftmaxCrossEntropy().build(tf, tokens);
    assertEquals(Shape.of(2, 2), loss.labels().shape());
    float[] found = run(loss, Shape.of(2, 2), new int[] {-100, 1, 0, -100});
    assertEquals(entropy(1, 1) + entropy(2, 0), found[0], 1e-5);
    assertEquals(2, found[1]);
    assertEquals(found[0] / 2, found[2]);
    assertArrayEquals(
        new float[] {0, 0, 0}, run(loss, Shape.of(2, 2), new int[] {-100, -100, -100, -100}));
  }

  /** A head that is asked about the tokens that count gives the loss and the gradient of all. */
  @Test
  void onlyTokensThatCountAreAskedAbout() {
    Output<TFloat32> features =
        tf.reshape(tf.constant(LOGITS), tf.constant(new int[] {2, 2, 3})).asOutput(); // [B, T, H]
    Operand<TFloat32> kernel = tf.constant(new float[][] {{1, 2}, {0, -1}, {3, 0.5f}}); // [H, C]
    List<Shape> asked = new ArrayList<>();
    LossTensors counted =
        new SparseSoftmaxCrossEntropy()
            .build(
                tf,
                features,
                rows -> {
                  asked.add(rows.shape());
                  return tf.linalg.matMul(rows, kernel);
                });
    assertEquals("[[-1, 3]]", asked.toString());
    Operand<TFloat32> all =
        tf.reshape(tf.linalg.matMul(tf.constant(LOGITS), kernel), tf.constant(new int[] {2, 2, 2}));
    LossTensors whole = new SparseSoftmaxCrossEntropy().build(tf, all);
    assertArrayEquals(
        run(whole, Shape.of(2, 2), new int[] {-100, 1, 0, -100}),
        run(counted, Shape.of(2, 2), new int[] {-100, 1, 0, -100}),
        1e-6f);
    assertArrayEquals(
        new float[] {0, 0, 0}, run(counted, Shape.of(2, 2), new int[] {-100, -100, -100, -100}));
    Output<?> gradient =
        graph.addGradients(counted.mean().asOutput(), new Output<?>[] {features})[0];
    try (Session session = new Session(graph);
        Tensor none = TensorData.of(Shape.of(2, 2), -100, -100, -100, -100);
        Tensor second = TensorData.of(Shape.of(2, 2), -100, 1, -100, -100);
        Result ofNone = session.runner().feed(counted.labels(), none).fetch(gradient).run();
        Result ofSecond =
            session
                .runner()
                .feed(counted.labels(), second)
                .fetch(gradient)
                .fetch(counted.choices().orElseThrow().right(tf))
                .run()) {
      assertArrayEquals(new float[12], TensorData.floats(ofNone.get(0)));
      float[] found = TensorData.floats(ofSecond.get(0));
      assertArrayEquals(new float[3], Arrays.copyOf(found, 3));
      assertFalse(Arrays.equals(new float[3], Arrays.copyOfRange(found, 3, 6)));
      assertArrayEquals(new float[6], Arrays.copyOfRange(found, 6, 12));
      assertEquals(0, TensorData.scalar(ofSecond.get(1)));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {3, -1, -99, 1000})
  void aLabelOutOfRangeStopsTheRun(int label) {
    LossTensors loss = new SparseSoftmaxCrossEntropy().build(tf, tf.constant(LOGITS));
    TFInvalidArgumentException stopped =
        assertThrows(
            TFInvalidArgumentException.class,
            () -> run(loss, Shape.of(4), new int[] {0, label, -100, 1}));
    assertTrue(
        stopped
            .getMessage()
            .contains(
                "[A label is not one of the model\\'s classes (0 to classes - 1, or -100 for none)."
                    + " Classes:] [3] [Labels:] [0 "
                    + label
                    + " -100"),
        stopped.getMessage());
  }

  @Test
  void theWeightMayBeThatOfALargerWhole() {
    LossTensors loss = new SparseSoftmaxCrossEntropy().build(tf, tf.constant(LOGITS));
    try (Session session = new Session(graph);
        Tensor labels = TensorData.of(Shape.of(4), 2, 1, 0, 0);
        Tensor weight = TFloat32.scalarOf(16);
        Result result =
            session
                .runner()
                .feed(loss.labels(), labels)
                .feed(loss.weight(), weight)
                .fetch(loss.sum())
                .fetch(loss.mean())
                .run()) {
      assertEquals(TensorData.scalar(result.get(0)) / 16, TensorData.scalar(result.get(1)), 1e-6);
    }
  }

  /** Numbers of tf.keras.losses.sparse_categorical_crossentropy in TF 2.10.1. */
  @Test
  void probabilitiesAreGuardedAndSharedOutAsInKeras() {
    Output<TFloat32> probabilities =
        tf.constant(new float[][] {{0.7f, 0.2f, 0.1f}, {1, 0, 0}, {0, 1, 0}, {0.5f, 0.3f, 0.3f}})
            .asOutput();
    LossTensors loss = new ProbabilityCrossEntropy().build(tf, probabilities);
    Output<?> gradient =
        graph.addGradients(loss.sum().asOutput(), new Output<?>[] {probabilities})[0];
    double sum = 0.3566749691963196 + 2.3841855067985307e-07 + 16.11809539794922;
    sum += 1.2992829084396362;
    try (Session session = new Session(graph);
        Tensor labels = TensorData.of(Shape.of(4), 0, 0, 0, 2);
        Result result =
            session.runner().feed(loss.labels(), labels).fetch(loss.sum()).fetch(gradient).run()) {
      assertEquals(sum, TensorData.scalar(result.get(0)), 1e-5);
      assertArrayEquals(
          new float[] {-0.4285715f, 1, 1, 0, 0, 0, 0, 0, 0, 0.9090910f, 0.9090909f, -2.4242425f},
          TensorData.floats(result.get(1)),
          1e-6f);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void squaredErrorOfOneOutput(boolean column) {
    Operand<TFloat32> predicted =
        column ? tf.constant(new float[][] {{1}, {2}, {4}}) : tf.constant(new float[] {1, 2, 4});
    LossTensors loss = new MeanSquaredError().build(tf, predicted);
    try (Session session = new Session(graph);
        Tensor labels = TensorData.of(Shape.of(3), 1f, 0f, 1f);
        Result result =
            session
                .runner()
                .feed(loss.labels(), labels)
                .fetch(loss.sum())
                .fetch(loss.weight())
                .fetch(loss.mean())
                .run()) {
      assertEquals(13, TensorData.scalar(result.get(0)));
      assertEquals(3, TensorData.scalar(result.get(1)));
      assertEquals(13 / 3f, TensorData.scalar(result.get(2)), 1e-6);
    }
    try (Session session = new Session(graph);
        Tensor one = TensorData.of(Shape.of(1), 1f)) {
      assertThrows(
          TFInvalidArgumentException.class,
          () -> session.runner().feed(loss.labels(), one).fetch(loss.mean()).run());
    }
  }

  @Test
  void regressionOnSeveralOutputsIsRefused() {
    assertEquals(
        "Regression needs one output per example, [B, 1] or [B]; the model's output has the shape"
            + " [4, 3]. Choose another output, or a classification head.",
        assertThrows(
                IllegalArgumentException.class,
                () -> new MeanSquaredError().build(tf, tf.constant(LOGITS)))
            .getMessage());
  }

  @Test
  void theLogitsBehindAFinalSoftmaxAreFound() {
    Operand<TFloat32> logits = tf.constant(LOGITS);
    Output<?> probabilities = tf.identity(tf.nn.softmax(logits)).asOutput();
    assertEquals(Optional.of(logits.asOutput()), FinalSoftmax.logitsBehind(probabilities));
    assertEquals(Optional.empty(), FinalSoftmax.logitsBehind(logits.asOutput()));
  }

  /** Sum, weight and mean. */
  private float[] run(LossTensors loss, Shape shape, int[] labels) {
    try (Session session = new Session(graph);
        Tensor fed = TensorData.of(shape, labels);
        Result result =
            session
                .runner()
                .feed(loss.labels(), fed)
                .fetch(loss.sum())
                .fetch(loss.weight())
                .fetch(loss.mean())
                .run()) {
      return new float[] {
        TensorData.scalar(result.get(0)),
        TensorData.scalar(result.get(1)),
        TensorData.scalar(result.get(2))
      };
    }
  }

  private static double entropy(int row, int label) {
    double sum = 0;
    for (float logit : LOGITS[row]) {
      sum += Math.exp(logit);
    }
    return Math.log(sum) - LOGITS[row][label];
  }
}

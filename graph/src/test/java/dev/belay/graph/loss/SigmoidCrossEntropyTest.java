package dev.belay.graph.loss;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import dev.belay.graph.TensorData;
import dev.belay.savedmodel.Fixtures;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.tensorflow.Graph;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.exceptions.TFInvalidArgumentException;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TFloat32;

/** Against tf.nn.sigmoid_cross_entropy_with_logits, also where a logit is 1000. */
class SigmoidCrossEntropyTest {
  private final Graph graph = new Graph();
  private final Ops tf = Ops.create(graph);

  @AfterEach
  void close() {
    graph.close();
  }

  @Test
  void valuesAndGradientAreThoseOfPython() throws IOException {
    JsonNode golden = Fixtures.json(Fixtures.path("multi_label", "goldens.json")).get("elements");
    Placeholder<TFloat32> logits = logits();
    LossTensors loss = new SigmoidCrossEntropy().build(tf, logits);
    Output<?> gradient =
        graph.addGradients(loss.mean().asOutput(), new Output<?>[] {logits.asOutput()})[0];
    double sum = 0;
    for (float value : floats(golden.get("each"))) {
      sum += value;
    }
    try (Session session = new Session(graph);
        Tensor fed = TensorData.of(Shape.of(5, 4), floats(golden.get("logits")));
        Tensor labels = TensorData.of(Shape.of(5, 4), floats(golden.get("labels")));
        Result result =
            session
                .runner()
                .feed(logits, fed)
                .feed(loss.labels(), labels)
                .fetch(loss.sum())
                .fetch(loss.weight())
                .fetch(loss.mean())
                .fetch(gradient)
                .run()) {
      assertEquals(sum, TensorData.scalar(result.get(0)), 1e-5 * sum);
      assertEquals(20, TensorData.scalar(result.get(1)));
      double mean = golden.get("mean").asDouble();
      assertEquals(mean, TensorData.scalar(result.get(2)), 1e-5 * mean);
      assertArrayEquals(
          floats(golden.get("gradient")), TensorData.floats(result.get(3)), 1e-5f / 20);
    }
  }

  @Test
  void oneLabelIsNotTakenForAll() {
    Placeholder<TFloat32> logits = logits();
    LossTensors loss = new SigmoidCrossEntropy().build(tf, logits);
    try (Session session = new Session(graph);
        Tensor fed = TensorData.of(Shape.of(1, 4), 1f, 2f, 3f, 4f);
        Tensor labels = TensorData.of(Shape.of(1, 1), 1f)) {
      Session.Runner runner =
          session.runner().feed(logits, fed).feed(loss.labels(), labels).fetch(loss.mean());
      assertThrows(TFInvalidArgumentException.class, runner::run);
    }
  }

  @Test
  void answersOfTokensAreRefused() {
    assertEquals(
        "Multi-label classification needs a logit for each label of an example, [B, C]; the model's"
            + " output has the shape [1, 2, 2]. Choose another output, or a classification head.",
        assertThrows(
                IllegalArgumentException.class,
                () ->
                    new SigmoidCrossEntropy()
                        .build(tf, tf.constant(new float[][][] {{{1, 2}, {3, 4}}})))
            .getMessage());
  }

  private Placeholder<TFloat32> logits() {
    return tf.placeholder(
        TFloat32.class, Placeholder.shape(Shape.of(Shape.UNKNOWN_SIZE, Shape.UNKNOWN_SIZE)));
  }

  private static float[] floats(JsonNode rows) {
    float[] values = new float[rows.size() * rows.get(0).size()];
    for (int i = 0; i < values.length; i++) {
      int columns = rows.get(0).size();
      values[i] = (float) rows.get(i / columns).get(i % columns).asDouble();
    }
    return values;
  }
}

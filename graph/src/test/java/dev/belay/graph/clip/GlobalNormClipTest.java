package dev.belay.graph.clip;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import dev.belay.graph.TensorData;
import dev.belay.graph.gradient.Gradient;
import dev.belay.savedmodel.Fixtures;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.Graph;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

class GlobalNormClipTest {

  @TestFactory
  Stream<DynamicTest> asTensorFlowPythonClips() throws IOException {
    JsonNode cases = Fixtures.json(Fixtures.path("clip", "clip.json")).get("cases");
    List<DynamicTest> tests =
        StreamSupport.stream(cases.spliterator(), false)
            .filter(GlobalNormClipTest::isOurs)
            .map(
                golden ->
                    DynamicTest.dynamicTest(
                        golden.get("name").asText() + " at " + golden.get("clip_norm"),
                        () -> check(golden)))
            .toList();
    assertEquals(48, tests.size());
    return tests.stream();
  }

  @Test
  void theNormAfterIsTheBound() {
    float[] measured = clip(2, new float[][] {{3, 4}, {12}});
    assertEquals(13, measured[0], 1e-6);
    assertEquals(2, measured[1], 1e-6);
    assertEquals(2 / 13f, measured[2], 1e-8);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -1, Double.NaN, Double.POSITIVE_INFINITY, 1e-60, 1e60})
  void refusesABoundThatIsNone(double bound) {
    Exception refused =
        assertThrows(IllegalArgumentException.class, () -> new GlobalNormClip(bound));
    assertEquals(
        "The bound of the global norm must be a finite number above 0, such as 1.0; found "
            + bound
            + ". To train without clipping, choose the mode none.",
        refused.getMessage());
  }

  @Test
  void noClipMeasuresAndLeavesAlone() {
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      List<Gradient> gradients = List.of(new Gradient(null, tf.constant(new float[] {6, 8})));
      Clipped clipped = new NoClip().apply(tf, gradients);
      assertEquals(gradients, clipped.gradients());
      try (Session session = new Session(graph);
          Result result =
              session
                  .runner()
                  .fetch(clipped.norm())
                  .fetch(clipped.clippedNorm())
                  .fetch(clipped.scale())
                  .run()) {
        assertEquals(10, TensorData.scalar(result.get(0)));
        assertEquals(10, TensorData.scalar(result.get(1)));
        assertEquals(1, TensorData.scalar(result.get(2)));
      }
    }
  }

  /** Dense float32 with a norm of its own; the bounds that we refuse are tested as refused. */
  private static boolean isOurs(JsonNode golden) {
    if (!golden.get("op").asText().equals("clip_by_global_norm")
        || golden.has("use_norm")
        || golden.get("inputs").isEmpty()) {
      return false;
    }
    double bound = Fixtures.number(golden.get("clip_norm"));
    if (!(bound > 0) || Double.isInfinite(bound)) {
      return false;
    }
    for (JsonNode input : golden.get("inputs")) {
      if (!input.get("kind").asText().equals("dense")
          || !input.get("dtype").asText().equals("float32")) {
        return false;
      }
    }
    return true;
  }

  private static void check(JsonNode golden) {
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      List<Gradient> gradients = new ArrayList<>();
      Session.Runner runner;
      List<TFloat32> fed = new ArrayList<>();
      try (Session session = new Session(graph)) {
        runner = session.runner();
        for (JsonNode input : golden.get("inputs")) {
          var placeholder = tf.placeholder(TFloat32.class);
          gradients.add(new Gradient(null, placeholder));
          fed.add(TensorData.of(shape(input), values(input)));
          runner.feed(placeholder, fed.get(fed.size() - 1));
        }
        GlobalNormClip rule = new GlobalNormClip(Fixtures.number(golden.get("clip_norm")));
        Clipped clipped = rule.apply(tf, gradients);
        runner.fetch(clipped.norm());
        clipped.gradients().forEach(gradient -> runner.fetch(gradient.value()));
        try (Result result = runner.run()) {
          float norm = (float) Fixtures.number(golden.get("global_norm"));
          assertEquals(norm, TensorData.scalar(result.get(0)), 2 * ulp(norm));
          for (int i = 0; i < gradients.size(); i++) {
            float[] expected = values(golden.get("outputs").get(i));
            float[] found = TensorData.floats(result.get(i + 1));
            assertEquals(expected.length, found.length);
            for (int j = 0; j < expected.length; j++) {
              assertEquals(expected[j], found[j], 2 * ulp(expected[j]));
            }
          }
        }
      } finally {
        fed.forEach(TFloat32::close);
      }
    }
  }

  private static float ulp(float value) {
    return Float.isFinite(value) ? Math.ulp(value) : 0;
  }

  private static Shape shape(JsonNode tensor) {
    long[] sizes = new long[tensor.get("shape").size()];
    for (int i = 0; i < sizes.length; i++) {
      sizes[i] = tensor.get("shape").get(i).asLong();
    }
    return Shape.of(sizes);
  }

  private static float[] values(JsonNode tensor) {
    float[] values = new float[tensor.get("values").size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) Fixtures.number(tensor.get("values").get(i));
    }
    return values;
  }

  /** Norm, clipped norm and scale. */
  private static float[] clip(double bound, float[][] tensors) {
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      List<Gradient> gradients = new ArrayList<>();
      for (float[] tensor : tensors) {
        gradients.add(new Gradient(null, tf.constant(tensor)));
      }
      Clipped clipped = new GlobalNormClip(bound).apply(tf, gradients);
      try (Session session = new Session(graph);
          Result result =
              session
                  .runner()
                  .fetch(clipped.norm())
                  .fetch(clipped.clippedNorm())
                  .fetch(clipped.scale())
                  .run()) {
        assertArrayEquals(new long[0], result.get(0).shape().asArray());
        return new float[] {
          TensorData.scalar(result.get(0)),
          TensorData.scalar(result.get(1)),
          TensorData.scalar(result.get(2))
        };
      }
    }
  }
}

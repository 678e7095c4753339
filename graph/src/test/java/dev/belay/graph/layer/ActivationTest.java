package dev.belay.graph.layer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.belay.graph.TensorData;
import dev.belay.savedmodel.Fixtures;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

class ActivationTest {
  /** Every activation of transformers 5, on numbers from -12 to 11. */
  @Test
  void asTransformers() throws IOException {
    JsonNode golden = Fixtures.json(Fixtures.path("family_settings", "activations.json"));
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Operand<TFloat32> x = tf.constant(floats(golden.path("numbers")));
      List<String> names = new ArrayList<>();
      List<Operand<TFloat32>> values = new ArrayList<>();
      for (Map.Entry<String, JsonNode> entry : golden.path("values").properties()) {
        names.add(entry.getKey());
        values.add(Activation.named(entry.getKey()).orElseThrow().apply(tf, x));
      }
      assertTrue(names.size() > 20, "hardly an activation was read: " + names);
      try (Session session = new Session(graph)) {
        Session.Runner runner = session.runner();
        values.forEach(runner::fetch);
        try (Result result = runner.run()) {
          for (int i = 0; i < names.size(); i++) {
            assertClose(
                names.get(i),
                floats(golden.path("values").path(names.get(i))),
                TensorData.floats(result.get(i)));
          }
        }
      }
    }
  }

  /** The golden table has each name but one, which is of no version of transformers. */
  @Test
  void everyNameIsHeldAgainstTransformers() throws IOException {
    TreeSet<String> untested = new TreeSet<>(Activation.allNames());
    Fixtures.json(Fixtures.path("family_settings", "activations.json"))
        .path("values")
        .fieldNames()
        .forEachRemaining(untested::remove);
    assertEquals(new TreeSet<>(List.of("gelu_tanh")), untested);
    assertEquals(Optional.empty(), Activation.named("prelu"));
  }

  private static void assertClose(String name, float[] right, float[] found) {
    assertEquals(right.length, found.length);
    for (int i = 0; i < right.length; i++) {
      assertEquals(right[i], found[i], 2e-6 * (1 + Math.abs(right[i])), name + " " + i);
    }
  }

  private static float[] floats(JsonNode list) {
    float[] numbers = new float[list.size()];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = list.get(i).floatValue();
    }
    return numbers;
  }
}

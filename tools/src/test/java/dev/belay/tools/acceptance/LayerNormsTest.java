package dev.belay.tools.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.belay.savedmodel.Agreement;
import dev.belay.savedmodel.PythonInterop;
import dev.belay.tools.ProgramRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code --log-layer-norms}, in metrics.jsonl and as TensorBoard itself reads it. */
final class LayerNormsTest {
  private static final int STEPS = 4;
  private static final List<String> LAYERS =
      List.of("embeddings", "encoder/layer_0", "encoder/layer_1", "pooler", "classifier");

  private final GoldenModel golden = GoldenModel.named("savedmodel_hf_bert");

  @TempDir Path folder;

  private static List<JsonNode> events(Path run, String kind) throws IOException {
    List<JsonNode> events = new ArrayList<>();
    for (String line : Files.readAllLines(run.resolve("metrics.jsonl"))) {
      JsonNode event = new ObjectMapper().readTree(line);
      if (event.get("event").asText().equals(kind)) {
        events.add(event);
      }
    }
    return events;
  }

  private Path train(String name, String... more) {
    Path run = folder.resolve(name);
    ProgramRun training = ProgramRun.of(golden.trainCommand(STEPS, run, more));
    assertEquals(0, training.code(), training.err());
    return run;
  }

  @Test
  void everySecondStepSaysWhatItDidToEveryLayer() throws Exception {
    Path run = train("run", "--log-layer-norms=2");
    List<JsonNode> norms = events(run, "norms");
    assertEquals(List.of(2, 4), norms.stream().map(line -> line.get("step").asInt()).toList());
    for (int i = 0; i < norms.size(); i++) {
      List<String> layers = new ArrayList<>();
      norms.get(i).get("layers").fieldNames().forEachRemaining(layers::add);
      assertEquals(LAYERS, layers);
      double whole = MetricsFile.trained(run, "grad_norm").get(2 * i + 1);
      assertEquals(whole, root(norms.get(i).get("layers")), 1e-5 * whole, "layers are the whole");
      assertEquals(whole, root(norms.get(i).get("variables")), 1e-5 * whole, "variables too");
    }
    Path other = train("other");
    assertTrue(events(other, "norms").isEmpty(), "off unless asked for");
    // TensorFlow plans the graph anew for more measures, which may add up in another order.
    assertEquals(STEPS, MetricsFile.trained(other, "loss").size());
    Agreement.assertTrained(
        MetricsFile.trained(other, "loss"),
        MetricsFile.trained(other, "grad_norm"),
        MetricsFile.trained(run, "loss"),
        MetricsFile.trained(run, "grad_norm"));

    JsonNode done = events(run, "done").get(0);
    List<Double> trained = MetricsFile.trained(run, "grad_norm").stream().sorted().toList();
    assertEquals(
        (trained.get(1) + trained.get(2)) / 2,
        done.get("grad_norm_percentiles").get("p50").asDouble(),
        1e-6);
    assertEquals(trained.get(3), done.get("grad_norm_percentiles").get("max").asDouble(), 1e-6);
    assertTrue(Files.readString(run.resolve("report.html")).contains("Layers by step"));
    assertTensorBoardReads(run, norms);
  }

  private static double root(JsonNode norms) {
    double squares = 0;
    for (JsonNode norm : norms) {
      squares += Math.pow(norm.get("gradient").asDouble(), 2);
    }
    return Math.sqrt(squares);
  }

  private static void assertTensorBoardReads(Path run, List<JsonNode> norms) throws Exception {
    Path script = PythonScripts.named("check_events.py");
    JsonNode tags = PythonInterop.run(script, run.resolve("tensorboard")).get("train");
    for (String layer : LAYERS) {
      for (String kind : List.of("gradient_norm", "weight_norm", "update_ratio")) {
        JsonNode curve = tags.get(kind + "/" + layer);
        assertEquals(2, curve.size(), kind + " " + layer);
        String field = kind.equals("update_ratio") ? kind : kind.replace("_norm", "");
        for (int i = 0; i < 2; i++) {
          double written = norms.get(i).get("layers").get(layer).get(field).asDouble();
          assertEquals(norms.get(i).get("step").asLong(), curve.get(i).get(0).asLong());
          assertEquals(written, curve.get(i).get(1).asDouble(), 1e-5 * written);
        }
      }
    }
    for (String kind : List.of("gradient_norm", "weight_norm", "update_ratio")) {
      JsonNode histogram = tags.get("variables/" + kind).get(1).get(1);
      double counted = 0;
      for (int i = 2; i < histogram.size(); i += 3) {
        counted += histogram.get(i).asDouble();
      }
      assertEquals(norms.get(1).get("variables").size(), counted, "every variable once");
      assertFalse(histogram.get(0).asDouble() > histogram.get(1).asDouble());
    }
  }
}

package dev.belay.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.belay.savedmodel.Fixtures;
import dev.belay.savedmodel.Npz;
import dev.belay.savedmodel.PythonInterop;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.opentest4j.AssertionFailedError;

/**
 * The Python checks that sandbox exports and event files are themselves judged: they accept what
 * Python wrote, and refuse it with one number changed.
 */
class PythonChecksTest {
  private static final Path MODEL = Fixtures.path("savedmodel_hf_bert");

  @TempDir Path folder;

  @Test
  void goldenLogitsAreAccepted() throws Exception {
    JsonNode report = checkExport(goldenLogits(0), "--keras");
    assertTrue(report.get("max_abs_difference").asDouble() <= 1e-5);
    assertTrue(report.get("keras_max_abs_difference").asDouble() <= 1e-5);
    assertEquals(41, report.get("variables").size());
    assertEquals(41, report.get("trainable").asInt());
    assertTrue(report.get("saved_model_pb_identical").asBoolean());
  }

  @Test
  void oneChangedLogitIsRefused() {
    PythonInterop.python(); // without one this is skipped, which is no refusal
    AssertionFailedError refused =
        assertThrows(AssertionFailedError.class, () -> checkExport(goldenLogits(1e-3f)));
    assertTrue(
        refused.getMessage().contains("differ from the predictions by 0.001"),
        refused.getMessage());
  }

  @Test
  void eventFilesAreReadAsTensorBoardReadsThem() throws Exception {
    JsonNode runs = PythonInterop.run(script("check_events.py"), Fixtures.path("tensorboard"));
    JsonNode golden = Fixtures.json(Fixtures.path("tensorboard", "events_v2.json"));
    assertFalse(golden.isEmpty());
    assertEquals(12, runs.get("v2").get("train/loss").size());
    assertEquals("NaN", runs.get("v2").get("train/global_norm").get(1).get(1).asText());
    assertEquals(5, runs.get("v1").get("train/loss").size());
  }

  private JsonNode checkExport(Path predictions, String... more)
      throws IOException, InterruptedException {
    List<Object> arguments =
        new ArrayList<>(
            List.of(
                MODEL.resolve("saved_model"),
                "--original",
                MODEL.resolve("saved_model"),
                "--batch",
                MODEL.resolve("batch.jsonl"),
                "--predictions",
                predictions));
    arguments.addAll(List.of(more));
    return PythonInterop.run(script("check_export.py"), arguments.toArray());
  }

  /** The golden logits [B, C] as `belay predict` writes them, the first one off by a little. */
  private Path goldenLogits(float offBy) throws IOException {
    Npz.Array logits = Npz.read(MODEL.resolve("goldens.npz")).get("logits");
    int classes = (int) logits.shape().get(1);
    float[] values = logits.floats();
    values[0] += offBy;
    List<String> lines = new ArrayList<>();
    for (int start = 0; start < values.length; start += classes) {
      List<Float> row = new ArrayList<>();
      for (int c = 0; c < classes; c++) {
        row.add(values[start + c]);
      }
      lines.add(new ObjectMapper().writeValueAsString(Map.of("logits", row)));
    }
    return Files.write(folder.resolve("predictions.jsonl"), lines);
  }

  private static Path script(String name) {
    Path root = Fixtures.path("").resolve("../../../..").normalize();
    return root.resolve(Path.of("tools", "src", "test", "python", name));
  }
}

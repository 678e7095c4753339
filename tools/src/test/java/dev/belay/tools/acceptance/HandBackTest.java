package dev.belay.tools.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.belay.savedmodel.Fixtures;
import dev.belay.savedmodel.PythonInterop;
import dev.belay.tools.ProgramRun;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What {@code belay train} exports is the SavedModel that Python knew, with what was learned in it:
 * every signature, every variable, and the logits of {@code belay predict}.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class HandBackTest {
  private static final int STEPS = 2;

  private final Map<String, JsonNode> reports = new HashMap<>();

  private Path folder;

  static Stream<GoldenModel> models() {
    // The other batch of tfmodule is of the same model.
    return GoldenModel.all().filter(golden -> !golden.name().equals("savedmodel_tfmodule b"));
  }

  /** Trains all, then starts Python once. */
  @BeforeAll
  void trainAndAskPython(@TempDir Path ofClass) throws Exception {
    PythonInterop.python();
    folder = ofClass;
    List<GoldenModel> models = models().toList();
    List<List<String>> jobs = new ArrayList<>();
    for (GoldenModel golden : models) {
      jobs.add(handBack(golden));
    }
    Path file = folder.resolve("jobs.json");
    Files.writeString(file, new ObjectMapper().writeValueAsString(jobs));
    JsonNode answers =
        PythonInterop.run(PythonScripts.named("check_export.py"), "--jobs", file.toString());
    assertEquals(models.size(), answers.size());
    for (int i = 0; i < models.size(); i++) {
      reports.put(models.get(i).name(), answers.get(i));
    }
  }

  /** Trains, predicts with the run, and returns what Python is asked about it. */
  private List<String> handBack(GoldenModel golden) {
    Path run = run(golden);
    ProgramRun training = ProgramRun.of(golden.trainCommand(STEPS, run));
    assertEquals(0, training.code(), training.err());
    Path predictions = run.resolve("predictions.jsonl");
    List<String> command =
        new ArrayList<>(
            List.of(
                "predict",
                "--model=" + run,
                "--file=" + golden.batch(),
                "--output-file=" + predictions,
                "--device=cpu"));
    command.addAll(golden.options());
    ProgramRun prediction = ProgramRun.of(command);
    assertEquals(0, prediction.code(), prediction.err());
    List<String> job =
        new ArrayList<>(
            List.of(
                training.out().strip(),
                "--original=" + golden.model(),
                "--batch=" + golden.batch(),
                "--predictions=" + predictions));
    if (isKeras(golden)) {
      job.add("--keras");
    }
    return job;
  }

  private Path run(GoldenModel golden) {
    return folder.resolve(golden.name().replace('/', '-').replace(' ', '-'));
  }

  private static boolean isKeras(GoldenModel golden) {
    return Files.exists(golden.model().resolve("keras_metadata.pb"))
        && !golden.name().equals("gpt2_tiny"); // Saved without traces: Keras itself has no call.
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("models")
  void pythonFindsTheModelItKnewWithTheLogitsThatBelayPredicts(GoldenModel golden)
      throws Exception {
    JsonNode report = reports.get(golden.name());
    // A signature or a variable of the original that is missing or changed is a fault too.
    assertEquals("[]", report.get("faults").toString());
    assertTrue(report.get("max_abs_difference").asDouble() <= 1e-5, report.toString());
    if (isKeras(golden)) {
      assertTrue(report.get("keras_max_abs_difference").asDouble() <= 1e-5, report.toString());
    }
    assertTrue(report.get("signatures").has("serving_default"), report.toString());
    assertTrue(report.get("saved_model_pb_identical").asBoolean());
    assertEquals("[]", report.get("new_variables").toString());
    assertTrue(report.get("trainable").asInt() > 0, report.toString());
    Path values = Path.of("variables", "variables.data-00000-of-00001");
    assertFalse(
        java.util.Arrays.equals(
            Files.readAllBytes(golden.model().resolve(values)),
            Files.readAllBytes(run(golden).resolve("export/1").resolve(values))),
        "nothing was trained");
  }

  @Test
  void tensorBoardReadsTheRunAsItsMetricsFileHasIt() throws Exception {
    Path run = run(GoldenModel.named("savedmodel_keras_bert"));
    JsonNode runs =
        PythonInterop.run(PythonScripts.named("check_events.py"), run.resolve("tensorboard"));
    JsonNode losses = runs.get("train").get("loss");
    JsonNode norms = runs.get("train").get("gradient/norm");
    List<Double> expectedLosses = MetricsFile.trained(run, "loss");
    List<Double> expectedNorms = MetricsFile.trained(run, "grad_norm");
    assertEquals(STEPS, losses.size());
    for (int i = 0; i < STEPS; i++) {
      assertEquals(i + 1, losses.get(i).get(0).asInt());
      assertEquals(expectedLosses.get(i), Fixtures.number(losses.get(i).get(1)), 1e-7);
      assertEquals(
          expectedNorms.get(i), Fixtures.number(norms.get(i).get(1)), 1e-7 * expectedNorms.get(i));
    }
  }
}

package dev.belay.tools.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.belay.savedmodel.Fixtures;
import dev.belay.tools.ProgramRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.Result;
import org.tensorflow.SavedModelBundle;
import org.tensorflow.SessionFunction;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * Trainings through loops are those of TensorFlow Python, and their exports decode as its trained
 * models do: see make_recurrent.py.
 */
final class RecurrentTrainingTest {
  private static final double LOSS = 1e-5;
  private static final double NORM = 1e-4;
  private static final double LOGITS = 1e-3;

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"lstm", "gru", "scan", "bilstm_crf", "v1_bilstm_crf"})
  void everyStepAgreesWithPython(String name) throws IOException {
    Path golden = Fixtures.path("loops", "training", name);
    Path own = golden.resolve("saved_model");
    Path model = Files.exists(own) ? own : Fixtures.path("loops", name, "saved_model");
    ProgramRun training =
        ProgramRun.of(
            List.of(
                "train",
                "--model=" + model,
                "--train-file=" + golden.resolve("batch.jsonl"),
                "--output-dir=" + folder.resolve("run"),
                "--train-batch-size=3",
                "--max-steps=20",
                "--optimizer=adam",
                "--adam-epsilon=1e-8",
                "--weight-decay=0",
                "--learning-rate=0.05",
                "--lr-scheduler=constant",
                "--max-grad-norm=1.0",
                "--shuffle=off",
                "--dropout=off",
                "--report=none",
                "--device=cpu"));
    assertEquals(0, training.code(), training.err());
    JsonNode goldens = Fixtures.json(golden.resolve("goldens.json"));
    assertNear(goldens.get("losses"), MetricsFile.trained(folder.resolve("run"), "loss"), LOSS);
    assertNear(goldens.get("norms"), MetricsFile.trained(folder.resolve("run"), "grad_norm"), NORM);
    exportAgrees(goldens, Files.readAllLines(golden.resolve("batch.jsonl")));
  }

  private static void assertNear(JsonNode expected, List<Double> found, double tolerance) {
    assertEquals(expected.size(), found.size());
    for (int i = 0; i < found.size(); i++) {
      double value = expected.get(i).doubleValue();
      assertEquals(value, found.get(i), tolerance * Math.abs(value), "step " + (i + 1));
    }
  }

  private void exportAgrees(JsonNode goldens, List<String> rows) throws IOException {
    Map<String, Tensor> inputs = new HashMap<>();
    try (SavedModelBundle bundle =
        SavedModelBundle.load(folder.resolve("run/export/1").toString(), "serve")) {
      SessionFunction function = bundle.function("serving_default");
      for (String input : function.signature().inputNames()) {
        inputs.put(input, batch(input, rows));
      }
      try (Result result = function.call(inputs)) {
        List<Double> logits = new ArrayList<>();
        ((TFloat32) result.get("logits").orElseThrow())
            .scalars()
            .forEach(value -> logits.add((double) value.getFloat()));
        List<Double> expected = numbers(goldens.get("logits"));
        assertEquals(expected.size(), logits.size());
        for (int i = 0; i < logits.size(); i++) {
          assertEquals(expected.get(i), logits.get(i), LOGITS, "logits");
        }
        if (goldens.has("decoded")) {
          List<Double> tags = new ArrayList<>();
          ((TInt32) result.get("decoded").orElseThrow())
              .scalars()
              .forEach(tag -> tags.add((double) tag.getInt()));
          assertEquals(numbers(goldens.get("decoded")), tags);
        }
      }
    } finally {
      inputs.values().forEach(Tensor::close);
    }
  }

  private static TInt32 batch(String input, List<String> rows) throws IOException {
    List<Double> values = new ArrayList<>();
    for (String row : rows) {
      values.addAll(numbers(new ObjectMapper().readTree(row).get(input)));
    }
    int[] flat = values.stream().mapToInt(Double::intValue).toArray();
    Shape shape = Shape.of(rows.size(), flat.length / rows.size());
    return TInt32.tensorOf(shape, DataBuffers.of(flat));
  }

  private static List<Double> numbers(JsonNode array) {
    if (!array.isArray()) {
      return List.of(array.doubleValue());
    }
    List<Double> numbers = new ArrayList<>();
    array.forEach(item -> numbers.addAll(numbers(item)));
    return numbers;
  }
}

package dev.belay.tools.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.belay.savedmodel.Fixtures;
import dev.belay.savedmodel.PythonInterop;
import dev.belay.tools.ProgramRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A new head trains together with a model that has none, and the whole loads in Python. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class NewHeadTest {
  private static final Path HEADLESS = Fixtures.path("headless_bert");
  private static final int STEPS = 150;
  private static final ObjectMapper JSON = new ObjectMapper();

  private Path folder;

  /** Every model that gets a head here. */
  private enum Case {
    CLASSIFIER(HEADLESS, "classification.jsonl", "classification", "pooler_output", 4, 25),
    REGRESSOR(HEADLESS, "regression.jsonl", "regression", "pooler_output", 1, 25),
    /** A node within a model that has a head of its own, which stays among the variables. */
    INNER(
        Fixtures.path("savedmodel_keras_bert"),
        "batch.jsonl",
        "classification",
        "pooler/Tanh",
        2,
        42);

    private final Path fixture;
    private final String file;
    private final String head;
    private final String features;
    private final int outputs;
    private final int variables;

    Case(Path fixture, String file, String head, String features, int outputs, int variables) {
      this.fixture = fixture;
      this.file = file;
      this.head = head;
      this.features = features;
      this.outputs = outputs;
      this.variables = variables;
    }

    private Path model() {
      return fixture.resolve("saved_model");
    }

    private Path data() {
      return fixture.resolve(file);
    }
  }

  @BeforeAll
  void train(@TempDir Path ofClass) {
    folder = ofClass;
    for (Case each : Case.values()) {
      ProgramRun training =
          ProgramRun.of(
              List.of(
                  "train",
                  "--model=" + each.model(),
                  "--head=" + each.head,
                  "--features=" + each.features,
                  "--train-file=" + each.data(),
                  "--output-dir=" + run(each),
                  "--train-batch-size=8",
                  "--max-steps=" + STEPS,
                  "--learning-rate=1e-2",
                  "--dropout=off",
                  "--device=cpu"));
      assertEquals(0, training.code(), training.err());
      ProgramRun prediction =
          ProgramRun.of(
              List.of(
                  "predict",
                  "--model=" + run(each),
                  "--file=" + each.data(),
                  "--output-file=" + predictions(each),
                  "--device=cpu"));
      assertEquals(0, prediction.code(), prediction.err());
    }
  }

  private Path run(Case each) {
    return folder.resolve(each.name());
  }

  private Path predictions(Case each) {
    return folder.resolve(each.name() + ".jsonl");
  }

  private static List<JsonNode> lines(Path file) throws IOException {
    List<JsonNode> lines = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      lines.add(JSON.readTree(line));
    }
    return lines;
  }

  private JsonNode evaluate(Case each) throws IOException {
    ProgramRun evaluation =
        ProgramRun.of(
            List.of(
                "evaluate",
                "--model=" + run(each),
                "--file=" + each.data(),
                "--json",
                "--device=cpu"));
    assertEquals(0, evaluation.code(), evaluation.err());
    return JSON.readTree(evaluation.out());
  }

  @ParameterizedTest
  @EnumSource
  void theLossFalls(Case each) throws IOException {
    List<Double> losses = MetricsFile.trained(run(each), "loss");
    double first = losses.subList(0, 3).stream().mapToDouble(x -> x).average().orElseThrow();
    double last =
        losses.subList(STEPS - 3, STEPS).stream().mapToDouble(x -> x).average().orElseThrow();
    assertTrue(last < first / 2, losses.toString());
  }

  @Test
  void predictionsBearTheNamesOfTheClassesAndEvaluationCountsThem() throws IOException {
    List<JsonNode> examples = lines(Case.CLASSIFIER.data());
    List<JsonNode> answers = lines(predictions(Case.CLASSIFIER));
    assertEquals(examples.size(), answers.size());
    Set<String> names = new TreeSet<>();
    int right = 0;
    for (int i = 0; i < examples.size(); i++) {
      String label = answers.get(i).get("label").textValue();
      names.add(label);
      right += label.equals(examples.get(i).get("label").textValue()) ? 1 : 0;
      assertEquals(4, answers.get(i).get("logits").size());
    }
    assertTrue(Set.of("anger", "joy", "sadness", "surprise").containsAll(names), names.toString());
    JsonNode evaluation = evaluate(Case.CLASSIFIER);
    assertEquals(examples.size(), evaluation.get("examples").asInt());
    assertEquals(
        right / (double) examples.size(),
        evaluation.at("/metrics/accuracy").asDouble(),
        1e-9,
        evaluation.toString());
    assertTrue(right > examples.size() / 2, right + " of " + examples.size());
  }

  /** Classes of tokens, by the parity of their ids, on a model that gives features alone. */
  @Test
  void tokensGetClassesToo() throws IOException {
    StringBuilder rows = new StringBuilder();
    for (JsonNode example : lines(Case.CLASSIFIER.data())) {
      ObjectNode row = JSON.createObjectNode();
      row.set("input_ids", example.get("input_ids"));
      row.set("attention_mask", example.get("attention_mask"));
      ArrayNode labels = row.putArray("labels");
      example.get("input_ids").forEach(id -> labels.add(id.asInt() % 2));
      rows.append(row).append('\n');
    }
    Path data = Files.writeString(folder.resolve("tokens.jsonl"), rows);
    List<String> training =
        List.of(
            "train",
            "--model=" + Case.CLASSIFIER.model(),
            "--head=token-classification",
            "--train-file=" + data,
            "--validation-file=" + data,
            "--max-steps=60",
            "--learning-rate=1e-2",
            "--dropout=off",
            "--device=cpu");
    ProgramRun done =
        with(training, "--features=last_hidden_state", "--output-dir=" + folder.resolve("tokens"));
    assertEquals(0, done.code(), done.err());
    ProgramRun evaluation =
        ProgramRun.of(
            List.of("evaluate", "--model=" + folder.resolve("tokens"), "--file=" + data, "--json"));
    double accuracy = JSON.readTree(evaluation.out()).at("/metrics/accuracy").asDouble();
    assertTrue(accuracy > 0.95, evaluation.out());
    ProgramRun pooled =
        with(training, "--features=pooler_output", "--output-dir=" + folder.resolve("none"));
    assertEquals(3, pooled.code(), pooled.err());
    assertTrue(pooled.err().contains("reads floating-point features [batch, tokens, hidden]"));
  }

  private static ProgramRun with(List<String> arguments, String... more) {
    List<String> all = new ArrayList<>(arguments);
    all.addAll(List.of(more));
    return ProgramRun.of(all);
  }

  @Test
  void aRegressionIsEvaluatedByItsError() throws IOException {
    List<JsonNode> examples = lines(Case.REGRESSOR.data());
    List<JsonNode> answers = lines(predictions(Case.REGRESSOR));
    double squares =
        IntStream.range(0, examples.size())
            .mapToDouble(
                i ->
                    answers.get(i).get("score").asDouble()
                        - examples.get(i).get("label").asDouble())
            .map(error -> error * error)
            .sum();
    JsonNode evaluation = evaluate(Case.REGRESSOR);
    assertEquals(
        squares / examples.size(),
        evaluation.at("/metrics/loss").asDouble(),
        1e-6,
        evaluation.toString());
  }

  @Test
  void pythonLoadsModelAndHeadAsOne() throws Exception {
    PythonInterop.python();
    List<List<String>> jobs = new ArrayList<>();
    for (Case each : Case.values()) {
      jobs.add(
          List.of(
              run(each).resolve("export/1").toString(),
              "--batch=" + each.data(),
              "--predictions=" + predictions(each)));
    }
    Path file = Files.writeString(folder.resolve("jobs.json"), JSON.writeValueAsString(jobs));
    JsonNode reports =
        PythonInterop.run(PythonScripts.named("check_export.py"), "--jobs", file.toString());
    int job = 0;
    for (Case each : Case.values()) {
      JsonNode report = reports.get(job++);
      assertEquals("[]", report.get("faults").toString(), each.name());
      assertTrue(report.get("max_abs_difference").asDouble() <= 1e-5, report.toString());
      JsonNode signature = report.at("/signatures/serving_default");
      assertEquals(1, report.get("signatures").size());
      assertEquals(
          "[\"float32\",[null,%d]]".formatted(each.outputs),
          signature.at("/outputs/logits").toString());
      assertEquals(each.variables, report.get("variables").size(), report.toString());
      assertEquals(each.variables, report.get("trainable").asInt());
    }
  }

  @Test
  void featuresThatAreNotThereAreAnsweredWithThoseThatAre() {
    ProgramRun training =
        ProgramRun.of(
            List.of(
                "train",
                "--model=" + Case.CLASSIFIER.model(),
                "--head=classification",
                "--features=pooled_output",
                "--train-file=" + Case.CLASSIFIER.data(),
                "--output-dir=" + folder.resolve("refused")));
    assertEquals(3, training.code(), training.err());
    assertEquals(
        "belay train: --features pooled_output: call_and_return_all_conditional_losses has neither"
            + " an output nor an inner node of that name; its outputs are [last_hidden_state,"
            + " pooler_output]\n",
        training.err());
    ProgramRun inner =
        ProgramRun.of(
            List.of(
                "train",
                "--model=" + Case.INNER.model(),
                "--head=classification",
                "--features=poolr/Tanh",
                "--train-file=" + Case.INNER.data(),
                "--output-dir=" + folder.resolve("refused")));
    assertEquals(3, inner.code(), inner.err());
    assertEquals(
        "belay train: --features poolr/Tanh: call_and_return_all_conditional_losses has neither an"
            + " output nor an inner node of that name; its outputs are [logits], and its inner"
            + " nodes called Tanh are [pooler/Tanh]\n",
        inner.err());
    assertFalse(Files.exists(folder.resolve("refused/export")));
  }
}

package dev.belay.tools.acceptance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.belay.savedmodel.Fixtures;
import dev.belay.savedmodel.model.GraphPolicy;
import dev.belay.savedmodel.model.ModelVariable;
import dev.belay.savedmodel.model.SavedModelContents;
import dev.belay.savedmodel.model.SavedModelReader;
import dev.belay.tools.ProgramRun;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Trainings by the loss that a model computes itself are those of TensorFlow Python: see
 * make_output_losses.py.
 */
final class OutputLossTest {
  private static final double LOSS = 1e-5;
  private static final double NORM = 1e-4;

  /**
   * A bias of attention's keys changes nothing: Adam makes steps of the rounding of its gradient.
   */
  private static final String WITHOUT_GRADIENT = "attention/key/bias";

  @TempDir Path folder;

  private static Path of(String model, String file) {
    return Fixtures.path("output_losses", model).resolve(file);
  }

  private ProgramRun train(String model, String run, String... options) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "train",
                "--model=" + of(model, "saved_model"),
                "--train-file=" + of(model, "rows.jsonl"),
                "--output-dir=" + folder.resolve(run),
                "--optimizer=adam",
                "--adam-epsilon=1e-8",
                "--weight-decay=0",
                "--learning-rate=0.05",
                "--lr-scheduler=constant",
                "--max-grad-norm=1.0",
                "--shuffle=off",
                "--report=none",
                "--device=cpu",
                "--trust-model"));
    arguments.addAll(List.of(options));
    return ProgramRun.of(arguments);
  }

  @ParameterizedTest
  @ValueSource(strings = {"bert_bilstm_crf", "v1_bilstm_crf"})
  void everyStepAgreesWithPython(String model) throws IOException {
    String[] options = {
      "--loss-output=loss",
      "--label-pad-token-id=0",
      "--validation-file=" + of(model, "rows.jsonl"),
      "--eval-steps=20",
      "--train-batch-size=4",
      "--max-steps=20",
      "--save-steps=10"
    };
    ProgramRun run = train(model, "run", options);
    assertEquals(0, run.code(), run.err());
    JsonNode goldens = Fixtures.json(of(model, "goldens.json"));
    assertNear(goldens.get("loss"), MetricsFile.trained(folder.resolve("run"), "loss"), LOSS);
    assertNear(goldens.get("norm"), MetricsFile.trained(folder.resolve("run"), "grad_norm"), NORM);
    assertMetrics(goldens.get("before"), evaluated("run", 0));
    assertMetrics(goldens.get("after"), evaluated("run", 1));
    assertWeights(model);
    assertDecoded(model, goldens.get("after").get("decoded"));
    if (model.equals("v1_bilstm_crf")) {
      assertResumed(model, options);
    }
  }

  private void assertResumed(String model, String... options) throws IOException {
    ProgramRun half = train(model, "run_resumed", replaced(options, "--max-steps=10"));
    assertEquals(0, half.code(), half.err());
    ProgramRun rest = train(model, "run_resumed", with(options, "--allow-changes"));
    assertEquals(0, rest.code(), rest.err());
    assertArrayEquals(
        Files.readAllBytes(variables("run", 1)), Files.readAllBytes(variables("run_resumed", 2)));
  }

  private static String[] replaced(String[] options, String steps) {
    return Stream.of(options)
        .map(option -> option.startsWith("--max-steps") ? steps : option)
        .toArray(String[]::new);
  }

  private static String[] with(String[] options, String more) {
    return Stream.concat(Stream.of(options), Stream.of(more)).toArray(String[]::new);
  }

  private Path variables(String run, int export) {
    return folder
        .resolve(run)
        .resolve("export/" + export + "/variables/variables.data-00000-of-00001");
  }

  private JsonNode evaluated(String run, int index) throws IOException {
    List<JsonNode> found = new ArrayList<>();
    for (String line : Files.readAllLines(folder.resolve(run).resolve("metrics.jsonl"))) {
      JsonNode event = new ObjectMapper().readTree(line);
      if (event.has("accuracy")) {
        found.add(event);
      }
    }
    return found.get(index);
  }

  private static void assertMetrics(JsonNode expected, JsonNode found) {
    assertEquals(expected.get("loss").doubleValue(), found.get("loss").doubleValue(), 1e-4);
    assertEquals(expected.get("accuracy").doubleValue(), found.get("accuracy").doubleValue(), 1e-9);
  }

  private static void assertNear(JsonNode expected, List<Double> found, double tolerance) {
    assertEquals(expected.size(), found.size());
    for (int i = 0; i < found.size(); i++) {
      double value = expected.get(i).doubleValue();
      assertEquals(value, found.get(i), tolerance * Math.abs(value), "step " + (i + 1));
    }
  }

  private void assertWeights(String model) throws IOException {
    SavedModelContents export =
        SavedModelReader.read(
            folder.resolve("run/export/1"), GraphPolicy.strict(), Optional.empty());
    JsonNode expected = Fixtures.json(of(model, "goldens.json")).get("weights");
    for (ModelVariable variable : export.variables()) {
      if (variable.name().equals(WITHOUT_GRADIENT)) {
        continue;
      }
      ByteBuffer bytes = export.read(variable).order(ByteOrder.LITTLE_ENDIAN);
      for (JsonNode value : expected.get(variable.name())) {
        assertEquals(value.floatValue(), bytes.getFloat(), 1e-4f, variable.name());
      }
      assertEquals(0, bytes.remaining());
    }
  }

  private void assertDecoded(String model, JsonNode expected) throws IOException {
    ProgramRun prediction =
        ProgramRun.of(
            List.of(
                "predict",
                "--model=" + folder.resolve("run"),
                "--file=" + of(model, "rows.jsonl"),
                "--device=cpu",
                "--trust-model"));
    assertEquals(0, prediction.code(), prediction.err());
    List<String> lines = prediction.out().lines().toList();
    assertEquals(expected.size(), lines.size());
    for (int i = 0; i < lines.size(); i++) {
      List<Integer> classes = new ArrayList<>();
      new ObjectMapper().readTree(lines.get(i)).get("labels").forEach(c -> classes.add(c.asInt()));
      List<Integer> right = new ArrayList<>();
      expected.get(i).forEach(c -> right.add(c.asInt()));
      assertEquals(right, classes);
    }
  }

  @Test
  void accumulationIsTheWholeBatch() throws IOException {
    ProgramRun run =
        train(
            "v1_bilstm_crf",
            "parts",
            "--loss-output=loss",
            "--label-pad-token-id=0",
            "--train-batch-size=2",
            "--gradient-accumulation-steps=2",
            "--max-steps=20");
    assertEquals(0, run.code(), run.err());
    JsonNode goldens = Fixtures.json(of("v1_bilstm_crf", "goldens.json"));
    Path parts = folder.resolve("parts");
    assertNear(goldens.get("loss"), MetricsFile.trained(parts, "loss"), LOSS);
    assertNear(goldens.get("norm"), MetricsFile.trained(parts, "grad_norm"), NORM);
  }

  /** Lengths are counted, and words without a label get the class of padding. */
  @Test
  void wordsAreTaggedAtTheirFirstPiece() throws IOException {
    Path model = folder.resolve("tagger");
    copy(of("v1_bilstm_crf", "saved_model"), model);
    Files.writeString(
        model.resolve("config.json"),
        "{\"id2label\": {\"0\": \"O\", \"1\": \"B-X\", \"2\": \"I-X\"}}");
    Files.writeString(
        model.resolve("vocab.txt"), "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\nc\nd\ne\n##f\n");
    Path words = folder.resolve("words.jsonl");
    Files.writeString(
        words,
        """
        {"tokens": ["a", "bf", "c"], "labels": ["O", "B-X", "I-X"]}
        {"tokens": ["d"], "labels": ["B-X"]}
        """);
    Path ids = folder.resolve("ids.jsonl");
    Files.writeString(
        ids,
        """
        {"input_ids": [2, 5, 6, 10, 7, 3], "labels": [-100, 0, 1, -100, 2, -100]}
        {"input_ids": [2, 8, 3], "labels": [-100, 1, -100]}
        """);
    ProgramRun ofWords = trainOn(model, words, "words");
    assertEquals(0, ofWords.code(), ofWords.err());
    ProgramRun ofIds = trainOn(model, ids, "ids");
    assertEquals(0, ofIds.code(), ofIds.err());
    assertEquals(
        MetricsFile.trained(folder.resolve("ids"), "loss"),
        MetricsFile.trained(folder.resolve("words"), "loss"));
    ProgramRun evaluation =
        ProgramRun.of(
            List.of(
                "evaluate",
                "--model=" + folder.resolve("words"),
                "--file=" + words,
                "--json",
                "--trust-model"));
    JsonNode metrics = new ObjectMapper().readTree(evaluation.out()).get("metrics");
    assertTrue(metrics.has("f1") && !metrics.has("loss"), evaluation.out());
  }

  private ProgramRun trainOn(Path model, Path data, String run) {
    return ProgramRun.of(
        List.of(
            "train",
            "--model=" + model,
            "--loss-output=loss",
            "--label-pad-token-id=0",
            "--train-file=" + data,
            "--output-dir=" + folder.resolve(run),
            "--max-steps=2",
            "--report=none",
            "--device=cpu",
            "--trust-model"));
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(from.relativize(file).toString()));
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "3; no signature has such an output; --loss-output=nothing",
        "3; signatures/serving_default has no such output; --loss-output=loss --signature=serving_default",
        "3; is of type DT_INT32, which has no gradient; --loss-output=right",
        "3; has the shape [-1, -1, 3]; --loss-output=by_class",
        "3; depends on none of the 29 variables that should train; --loss-output=prior",
        "3; has no input 'gold'; --loss-output=loss --inputs=labels=gold",
        "3; no signature has the output 'best'; --loss-output=loss --output=best",
        "3; is of type DT_INT32 and has the shape [-1]; --loss-output=loss --output=right",
        "3; set --label-pad-token-id; --loss-output=loss --train-batch-size=4",
        "2; leave out --head; --loss-output=loss --head=token-classification",
        "2; add --loss-output; --label-pad-token-id=0",
        "2; is one number for a whole batch; "
            + "--loss-output=mean_loss --gradient-accumulation-steps=2",
      })
  void whatCannotTrainIsRefused(int code, String message, String options) {
    ProgramRun run = train("bert_bilstm_crf", "refused", options.split(" "));
    assertEquals(code, run.code(), run.err());
    assertTrue(run.err().contains(message), run.err());
  }
}

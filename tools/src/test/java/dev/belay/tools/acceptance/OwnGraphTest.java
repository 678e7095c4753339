package dev.belay.tools.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.belay.savedmodel.Fixtures;
import dev.belay.savedmodel.PythonInterop;
import dev.belay.tools.ProgramRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Weights without a graph go the whole way: trained, asked, handed back in every form. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Tag("long")
final class OwnGraphTest {
  private static final Path WEIGHTS = Fixtures.path("safetensors_bert");
  private static final Path BATCH = WEIGHTS.resolve("batch.jsonl");

  private Path folder;

  @BeforeAll
  void train(@TempDir Path ofClass) {
    folder = ofClass;
    run(
        0,
        "train",
        "--model=" + WEIGHTS,
        "--model-format=huggingface",
        "--train-file=" + BATCH,
        "--output-dir=" + folder.resolve("run"),
        "--max-steps=6",
        "--train-batch-size=4",
        "--learning-rate=1e-3",
        "--device=cpu");
    run(
        0,
        "predict",
        "--model=" + folder.resolve("run"),
        "--file=" + BATCH,
        "--output-file=" + folder.resolve("predictions.jsonl"),
        "--device=cpu");
  }

  private static ProgramRun run(int code, String... arguments) {
    ProgramRun run = ProgramRun.of(List.of(arguments));
    assertEquals(code, run.code(), run.err());
    return run;
  }

  @Test
  void pythonLoadsItAndAnswersTheSame() throws Exception {
    PythonInterop.python();
    Path jobs =
        Files.writeString(
            folder.resolve("jobs.json"),
            new ObjectMapper()
                .writeValueAsString(
                    List.of(
                        List.of(
                            folder.resolve("run/export/1").toString(),
                            "--batch=" + BATCH,
                            "--predictions=" + folder.resolve("predictions.jsonl")))));
    JsonNode report =
        PythonInterop.run(PythonScripts.named("check_export.py"), "--jobs", jobs.toString()).get(0);
    assertEquals("[]", report.get("faults").toString());
    assertTrue(report.get("max_abs_difference").asDouble() <= 1e-5, report.toString());
    assertEquals(
        "[\"float32\",[null,2]]",
        report.at("/signatures/serving_default/outputs/logits").toString());
    assertEquals(41, report.get("trainable").asInt());
  }

  @ParameterizedTest
  @ValueSource(strings = {"tf1", "tf2", "safetensors", "huggingface"})
  void everyFormHoldsTheWeightsThatWereTrained(String format) {
    Path target = folder.resolve(format);
    run(
        0,
        "export",
        folder.resolve("run").toString(),
        "--format=" + format,
        "--output-dir=" + target);
    ProgramRun difference =
        run(0, "diff", target.toString(), folder.resolve("run/export/1").toString());
    assertTrue(difference.out().contains("41 tensors compared, no difference"), difference.out());
    // What was exported can be trained on, by the same words.
    run(
        0,
        "train",
        "--model=" + target,
        "--model-config=" + WEIGHTS.resolve("config.json"),
        "--train-file=" + BATCH,
        "--output-dir=" + folder.resolve("again-" + format),
        "--max-steps=1",
        "--device=cpu");
  }

  /** A run that is stopped and resumed gives the weights of one that was not. */
  @Test
  void aResumedRunIsTheSame() throws IOException {
    for (String half : List.of("3", "6")) {
      run(
          0,
          "train",
          "--model=" + WEIGHTS.resolve("model.safetensors"),
          "--head=token-classification",
          "--num-labels=3",
          "--train-file=" + tokens(),
          "--output-dir=" + folder.resolve("halves"),
          "--max-steps=" + half,
          "--save-steps=3",
          "--lr-scheduler=constant",
          "--train-batch-size=2",
          "--allow-changes",
          "--device=cpu");
    }
    run(
        0,
        "train",
        "--model=" + WEIGHTS.resolve("model.safetensors"),
        "--head=token-classification",
        "--num-labels=3",
        "--train-file=" + tokens(),
        "--output-dir=" + folder.resolve("whole"),
        "--max-steps=6",
        "--lr-scheduler=constant",
        "--train-batch-size=2",
        "--device=cpu");
    assertEquals(
        MetricsFile.trained(folder.resolve("whole"), "loss").subList(3, 6),
        MetricsFile.trained(folder.resolve("halves"), "loss").subList(3, 6));
  }

  private Path tokens() throws IOException {
    return Files.writeString(
        folder.resolve("tokens.jsonl"),
        """
        {"input_ids": [2, 17, 25, 9, 3], "labels": [-100, 0, 1, 2, -100]}
        {"input_ids": [2, 40, 8, 3], "labels": [-100, 2, 0, -100]}
        {"input_ids": [2, 11, 12, 13, 14, 3], "labels": [-100, 1, 1, 0, 2, -100]}
        """);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--signature=serving_default | 2 | --signature is for a SavedModel, and these are weights",
        "--features=pooler_output | 2 | --features is for a SavedModel, and these are weights",
        "--model-config=missing.json | 3 | missing.json"
      })
  void whatDoesNotFitIsRefused(String option, int code, String said) {
    ProgramRun refused =
        run(
            code,
            "train",
            "--model=" + WEIGHTS.resolve("model.safetensors"),
            option,
            "--train-file=" + BATCH,
            "--output-dir=" + folder.resolve("refused"));
    assertTrue(refused.err().contains(said), refused.err());
  }

  @Test
  void weightsWithoutAConfigurationSayWhatIsMissing() throws IOException {
    Path alone = Files.createDirectory(folder.resolve("alone")).resolve("model.safetensors");
    Files.copy(WEIGHTS.resolve("model.safetensors"), alone);
    ProgramRun refused =
        run(
            3,
            "train",
            "--model=" + alone,
            "--train-file=" + BATCH,
            "--output-dir=" + folder.resolve("refused"));
    assertTrue(refused.err().contains("name one with --model-config"), refused.err());
  }

  /** The body comes from the file whole; what is missing, too much or misshapen is listed. */
  @Test
  void aBodyThatDoesNotFitIsRefusedByName() throws IOException {
    Path other = Files.createDirectory(folder.resolve("other"));
    Files.copy(WEIGHTS.resolve("model.safetensors"), other.resolve("model.safetensors"));
    String json = Files.readString(WEIGHTS.resolve("config.json"));
    Files.writeString(
        other.resolve("config.json"),
        json.replace("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3")
            .replace("\"vocab_size\": 300", "\"vocab_size\": 301"));
    ProgramRun refused =
        run(
            3,
            "train",
            "--model=" + other,
            "--train-file=" + BATCH,
            "--output-dir=" + folder.resolve("refused"));
    assertTrue(
        refused.err().contains("16 missing: [bert.encoder.layer.2.attention.self.query.weight")
            && refused
                .err()
                .contains("'bert.embeddings.word_embeddings.weight' is DT_FLOAT [300, 32]"),
        refused.err());
  }
}

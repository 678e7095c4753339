package dev.belay.tools.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.belay.savedmodel.Fixtures;
import dev.belay.savedmodel.PythonInterop;
import dev.belay.tools.ProgramRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** inspect, convert, diff and export over real files, through the program. */
final class WeightCommandsTest {
  private static final Path BERT = Fixtures.path("safetensors_bert");
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({
    "safetensors_bert, huggingface, bert, pytorch, 41",
    "safetensors_bert/model_fp16.safetensors, safetensors, bert, pytorch, 41",
    "safetensors_bert/tf_model.h5, hdf5, bert, keras, 41",
    "bert_tf1_ckpt/model.ckpt-20, tf1, bert, tf1, 41",
    "bert_tf1_ckpt/model.ckpt-20.index, tf1, bert, tf1, 41",
    "bert_tf2_ckpt/ckpt_legacy-3, tf2, bert, tf2, 41",
    "t5_tiny/model.safetensors, safetensors, t5, pytorch, 47",
    "savedmodel_hf_bert/saved_model, savedmodel, bert, keras, 41",
  })
  void inspectSaysWhoseNamesTheyAre(
      String fixture, String format, String family, String dialect, int weights)
      throws IOException {
    String path = Fixtures.path("").resolve(fixture).toString();
    JsonNode contents = JSON.readTree(done("inspect", path, "--json").out());
    assertEquals(format, contents.get("format").textValue());
    assertEquals(family, contents.get("names").get("family").textValue());
    assertEquals(dialect, contents.get("names").get("dialect").textValue());
    assertEquals(weights, contents.get("names").get("weights").intValue());
    String table = done("inspect", path).out();
    assertTrue(table.contains(dialect + " of " + family + ": " + weights + " weights"), table);
  }

  @Test
  void inspectShowsWhatATrainingLeft() {
    String table =
        done("inspect", Fixtures.path("bert_tf1_ckpt").resolve("model.ckpt-20").toString()).out();
    assertTrue(table.contains("  optimizer: slots m, v of step 20\n"), table);
    assertTrue(table.contains("  counters and settings: global_step\n"), table);
  }

  @Test
  void severalModelsInAFolderAreListed() {
    ProgramRun run = run("inspect", BERT.resolveSibling("bert_tf1_ckpt").toString());
    assertEquals(3, run.code());
    assertTrue(run.err().contains("holds several models; name one of them: tf1: "), run.err());
    assertEquals(
        0,
        run("inspect", Fixtures.path("gpt2_tiny").toString(), "--model-format=huggingface").code());
  }

  @Test
  void aRoundTripThroughEveryFormHasNoDifference() {
    Path tf1 = folder.resolve("tf1");
    Path tf2 = folder.resolve("tf2");
    Path huggingFace = folder.resolve("hf");
    Path savedModel = folder.resolve("sm");
    done("convert", BERT.toString(), tf1.toString(), "--to=tf1");
    done("convert", tf1.toString(), tf2.toString(), "--to=tf2");
    ProgramRun asSavedModel =
        done(
            "convert",
            tf2.toString(),
            savedModel.toString(),
            "--to=savedmodel",
            "--graph=" + Fixtures.path("savedmodel_hf_bert", "saved_model"));
    assertEquals(savedModel + "\n", asSavedModel.out());
    done("convert", savedModel.toString(), huggingFace.toString(), "--to=huggingface");
    ProgramRun same = done("diff", BERT.toString(), huggingFace.toString());
    assertEquals("41 tensors compared, no difference\n", same.out());
    assertTrue(Files.exists(huggingFace.resolve("tokenizer.json")));
  }

  @Test
  void differencesAreListedAndHaveTheirOwnCode() throws IOException {
    ProgramRun half =
        run(
            "diff",
            BERT.resolve("model.safetensors").toString(),
            BERT.resolve("model_fp16.safetensors").toString(),
            "--json");
    assertEquals(6, half.code(), half.err());
    JsonNode found = JSON.readTree(half.out());
    assertFalse(found.get("equal").booleanValue());
    assertEquals(41, found.get("compared").intValue());
    double largest = found.get("values").get(0).get("max_absolute").doubleValue();
    assertTrue(largest > 0 && largest < 1e-2, "largest " + largest);
    ProgramRun tolerated =
        run(
            "diff",
            BERT.toString(),
            BERT.resolve("model_fp16.safetensors").toString(),
            "--tolerance=0.01");
    assertEquals(0, tolerated.code(), tolerated.err());
  }

  @Test
  void weightsThatDoNotFitAGraphAreAllListed() {
    ProgramRun run =
        run(
            "convert",
            Fixtures.path("bert_tf1_ckpt").resolve("bert_model.ckpt").toString(),
            folder.resolve("sm").toString(),
            "--to=savedmodel",
            "--graph=" + Fixtures.path("savedmodel_hf_bert", "saved_model"));
    assertEquals(3, run.code());
    assertTrue(
        run.err()
            .contains(
                "39 tensors restored; 2 missing: [classifier.weight, classifier.bias]; 7"
                    + " unexpected: [cls.predictions.bias, "),
        run.err());
    assertFalse(Files.exists(folder.resolve("sm")));
  }

  @Test
  void namesThatNobodyHasAreAnError() {
    ProgramRun run =
        run("convert", Fixtures.path("t5_tiny").resolve("ckpt").toString(), "x", "--to=tf1");
    assertEquals(3, run.code());
    assertTrue(run.err().contains("nobody has published t5 under such names"), run.err());
    ProgramRun other =
        run(
            "convert",
            Fixtures.path("savedmodel_keras_bert", "saved_model").toString(),
            "x",
            "--to=tf1");
    assertEquals(3, other.code());
    assertTrue(other.err().contains("no table of names knows these weights"), other.err());
  }

  /** A run's weights in every format: Python's logits are those of the run's own SavedModel. */
  @Test
  void aRunIsExportedInEveryFormat() throws IOException, InterruptedException {
    PythonInterop.python();
    Path model = Fixtures.path("savedmodel_hf_bert");
    Path run = folder.resolve("run");
    done(
        "train",
        "--model=" + model.resolve("saved_model"),
        "--train-file=" + model.resolve("batch.jsonl"),
        "--output-dir=" + run,
        "--max-steps=3",
        "--learning-rate=1e-3",
        "--dropout=off",
        "--shuffle=off",
        "--device=cpu");
    Path export = run.resolve("export/1");
    List<Map<String, Object>> cases = new ArrayList<>();
    for (String format : List.of("tf1", "tf2", "safetensors", "huggingface")) {
      Path target = folder.resolve(format);
      done("export", run.toString(), "--output-dir=" + target, "--format=" + format);
      ProgramRun same = done("diff", export.toString(), target.toString());
      assertEquals("41 tensors compared, no difference\n", same.out());
      if (format.startsWith("tf")) {
        JsonNode names =
            JSON.readTree(done("inspect", target.toString(), "--json").out()).get("names");
        assertEquals(3, names.get("step").intValue());
        assertEquals("[\"m\",\"v\"]", names.get("slots").toString());
      }
      if (!format.equals("safetensors")) {
        cases.add(
            Map.of(
                "target", format,
                "path", target.toString(),
                "model", "bert",
                "goldens", model.toString(),
                "config", model.toString(),
                "as", export.toString()));
      }
    }
    Path file = folder.resolve("cases.json");
    Files.write(file, JSON.writeValueAsBytes(cases));
    JsonNode found =
        PythonInterop.run(PythonInterop.script("check_weights.py"), file).get("differences");
    assertEquals(3, found.size());
    found
        .properties()
        .forEach(each -> assertTrue(each.getValue().doubleValue() <= 1e-5, found.toString()));
  }

  private static ProgramRun run(String... arguments) {
    return ProgramRun.of(List.of(arguments));
  }

  private static ProgramRun done(String... arguments) {
    ProgramRun run = run(arguments);
    assertEquals(0, run.code(), run.err());
    return run;
  }
}

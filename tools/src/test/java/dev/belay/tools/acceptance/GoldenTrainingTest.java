package dev.belay.tools.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.belay.savedmodel.Agreement;
import dev.belay.savedmodel.Fixtures;
import dev.belay.tools.ProgramRun;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * {@code belay train} gives the loss and the dense gradient norm that TensorFlow Python gives, in
 * every step, through the function that the model's author meant for training.
 */
@Tag("long")
final class GoldenTrainingTest {
  static Stream<GoldenModel> models() {
    return GoldenModel.all();
  }

  static Stream<GoldenModel> weights() {
    return GoldenModel.weights();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("models")
  void everyStepAgreesWithPython(GoldenModel golden, @TempDir Path folder) throws IOException {
    agrees(golden, "trains through " + golden.through() + ", ", folder);
  }

  static Stream<GoldenModel> decoders() {
    return Stream.concat(GoldenModel.decoders(), GoldenModel.encodersWithDecoders());
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("decoders")
  void decodersAgreeWithPyTorch(GoldenModel golden, @TempDir Path folder) throws IOException {
    agrees(golden, "trains " + golden.through(), folder);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("weights")
  void aGraphOfOurOwnAgreesWithPython(GoldenModel golden, @TempDir Path folder) throws IOException {
    agrees(golden, "trains " + golden.through() + ", ", folder);
  }

  @ParameterizedTest
  @ValueSource(strings = {"albert", "distilbert", "electra", "roberta", "gpt2", "t5"})
  void everyFamilyAgreesWithPython(String family, @TempDir Path folder) throws IOException {
    GoldenModel golden = GoldenModel.named("families/" + family);
    Path weights = folder.resolve("weights");
    ProgramRun conversion =
        ProgramRun.of(
            List.of(
                "convert",
                golden.model().toString(),
                weights.toString(),
                "--to=huggingface",
                "--model-config=" + Fixtures.path("families", family, "config.json")));
    assertEquals(0, conversion.code(), conversion.err());
    agrees(golden.withWeights(weights), "trains Belay's own graph of " + family + ", ", folder);
  }

  /** One model, as the graph that Hugging Face traced and as the one that Belay builds. */
  @Test
  void ownGraphAndImportedGraphAgreeForTwentySteps(@TempDir Path folder) throws IOException {
    GoldenModel imported = GoldenModel.named("savedmodel_hf_bert");
    Path weights = folder.resolve("weights");
    ProgramRun conversion =
        ProgramRun.of(
            List.of(
                "convert",
                imported.model().toString(),
                weights.toString(),
                "--to=huggingface",
                "--model-config=" + Fixtures.path("savedmodel_hf_bert", "config.json")));
    assertEquals(0, conversion.code(), conversion.err());
    Path theirs = folder.resolve("imported");
    Path own = folder.resolve("own");
    for (ProgramRun training :
        List.of(
            ProgramRun.of(imported.trainCommand(20, theirs, "--dropout=off")),
            ProgramRun.of(imported.withWeights(weights).trainCommand(20, own, "--dropout=off")))) {
      assertEquals(0, training.code(), training.err());
    }
    assertEquals(20, MetricsFile.trained(theirs, "loss").size());
    Agreement.assertTrained(
        MetricsFile.trained(theirs, "loss"),
        MetricsFile.trained(theirs, "grad_norm"),
        MetricsFile.trained(own, "loss"),
        MetricsFile.trained(own, "grad_norm"));
  }

  /** A training by plain Adam at a constant rate, without dropout. */
  private static ProgramRun learned(String... options) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "train",
                "--shuffle=off",
                "--dropout=off",
                "--optimizer=adam",
                "--learning-rate=1e-3",
                "--lr-scheduler=constant",
                "--adam-epsilon=1e-8",
                "--weight-decay=0",
                "--device=cpu"));
    arguments.addAll(List.of(options));
    ProgramRun training = ProgramRun.of(arguments);
    assertEquals(0, training.code(), training.err());
    return training;
  }

  /** The loss counts completions alone; packed into rows, they are the same loss. */
  @ParameterizedTest
  @CsvSource({"gpt2,off", "gpt2,on", "llama,off", "llama,on"})
  void completionsAreLearnedAsInPython(String name, String packing, @TempDir Path folder)
      throws IOException {
    Path fixture = Fixtures.path("completions");
    ProgramRun training =
        learned(
            "--model=" + fixture.resolve(name),
            "--train-file=" + fixture.resolve("rows.jsonl"),
            "--output-dir=" + folder.resolve("run"),
            "--packing=" + packing,
            "--max-seq-length=12",
            "--max-steps=5",
            "--train-batch-size=7");
    String packed = "7 examples are packed into 5 rows of up to 12 tokens";
    assertEquals(packing.equals("on"), training.err().contains(packed), training.err());
    assertTrained(
        Fixtures.json(fixture.resolve("goldens.json")).get(name), 0, 5, folder.resolve("run"));
  }

  /** The head that finds hidden words, as google-research/bert pretrained it. */
  @Test
  void hiddenWordsAreLearnedAsInPython(@TempDir Path folder) throws IOException {
    Path fixture = Fixtures.path("masked_lm");
    ProgramRun training =
        learned(
            "--model=" + Fixtures.path("bert_tf1_ckpt").resolve("bert_model.ckpt"),
            "--head=masked-lm",
            "--train-file=" + fixture.resolve("batch.jsonl"),
            "--output-dir=" + folder,
            "--max-steps=6",
            "--train-batch-size=4");
    assertTrue(
        training.err().contains("head: cls.predictions.bias is loaded from the weights"),
        training.err());
    assertTrained(Fixtures.json(fixture.resolve("goldens.json")), 0, 6, folder);
  }

  /** Any number of labels for an example, whole and in parts of the batch. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4})
  void setsOfLabelsAreLearnedAsInPython(int parts, @TempDir Path folder) throws IOException {
    Path fixture = Fixtures.path("multi_label");
    ProgramRun training =
        learned(
            "--model=" + Fixtures.path("safetensors_bert"),
            "--problem-type=multi_label_classification",
            "--train-file=" + fixture.resolve("batch.jsonl"),
            "--output-dir=" + folder,
            "--max-steps=6",
            "--train-batch-size=" + 4 / parts,
            "--gradient-accumulation-steps=" + parts);
    assertTrue(
        training.err().contains("head: classifier is loaded from the weights"), training.err());
    assertTrained(Fixtures.json(fixture.resolve("goldens.json")).get("training"), 0, 6, folder);
  }

  /** Steps 4 to 8 of a training of TensorFlow 2, with the slots and the step of its checkpoint. */
  @ParameterizedTest
  @ValueSource(strings = {"legacy", "experimental"})
  void aTrainingOfPythonGoesOn(String optimizer, @TempDir Path folder) throws IOException {
    Path out = folder.resolve("run");
    ProgramRun training = goOn(optimizer, "train", out);
    assertTrue(training.err().contains("slots of step 3"), training.err());
    assertTrue(
        training.err().contains("head: classifier is loaded from the weights"), training.err());
    assertGoesOn(optimizer, out);
  }

  /** An arm of a sweep begins where a run begins. */
  @Test
  void aSweepGoesOnFromTheSameSlots(@TempDir Path folder) throws IOException {
    Path batch = Fixtures.path("bert_tf2_ckpt", "batch.jsonl");
    goOn(
        "legacy",
        "sweep",
        folder,
        "--validation-file=" + batch,
        "--clip-norms=2,1",
        "--seeds=1",
        "--halving=off");
    assertGoesOn("legacy", folder.resolve("arms/global_norm-1.0-rate-0.001/seed-1"));
  }

  private static ProgramRun goOn(String optimizer, String command, Path out, String... more) {
    Path fixture = Fixtures.path("bert_tf2_ckpt");
    List<String> arguments =
        new ArrayList<>(
            List.of(
                command,
                "--model=" + fixture.resolve("ckpt_" + optimizer + "-3"),
                "--model-config=" + Fixtures.path("safetensors_bert", "config.json"),
                "--train-file=" + fixture.resolve("batch.jsonl"),
                "--output-dir=" + out,
                "--max-steps=5",
                "--train-batch-size=4",
                "--shuffle=off",
                "--optimizer=adam",
                "--learning-rate=1e-3",
                "--lr-scheduler=constant",
                "--adam-epsilon=1e-7",
                "--weight-decay=0",
                "--device=cpu"));
    arguments.addAll(List.of(more));
    ProgramRun run = ProgramRun.of(arguments);
    assertEquals(0, run.code(), run.err());
    return run;
  }

  private static void assertGoesOn(String optimizer, Path out) throws IOException {
    JsonNode golden =
        Fixtures.json(Fixtures.path("bert_tf2_ckpt", "goldens.json")).get("runs").get(optimizer);
    assertTrained(golden, 3, 5, out);
  }

  /** Steps of a golden training, after those that were left out. */
  private static void assertTrained(JsonNode golden, int leftOut, int steps, Path run)
      throws IOException {
    Agreement.assertTrained(
        GoldenModel.numbers(golden.get("loss")).subList(leftOut, leftOut + steps),
        GoldenModel.numbers(golden.get("pre_clip_norm")).subList(leftOut, leftOut + steps),
        MetricsFile.trained(run, "loss"),
        MetricsFile.trained(run, "grad_norm"));
  }

  private static void agrees(GoldenModel golden, String said, Path folder) throws IOException {
    Path run = folder.resolve("run");
    int steps = golden.losses().size();
    ProgramRun training = ProgramRun.of(golden.trainCommand(steps, run, "--dropout=off"));
    assertEquals(0, training.code(), training.err());
    assertEquals(run.resolve("export/1") + "\n", training.out());
    assertTrue(training.err().contains(said), training.err());
    Agreement.assertTrained(
        golden.losses(),
        golden.norms(),
        MetricsFile.trained(run, "loss"),
        MetricsFile.trained(run, "grad_norm"));
  }
}

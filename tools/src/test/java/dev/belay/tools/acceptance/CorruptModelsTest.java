package dev.belay.tools.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.belay.savedmodel.Fixtures;
import dev.belay.tools.ProgramRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Files that were broken on purpose are refused by name, in time, and without harm to the program:
 * all cases go through one JVM.
 */
final class CorruptModelsTest {
  private static final Duration LIMIT = Duration.ofSeconds(5);
  private static final Path BATCH = Fixtures.path("savedmodel_keras_bert", "batch.jsonl");

  /** It may be shown escaped, too. */
  private static final Set<String> EITHER = Set.of("key_not_utf8");

  @TempDir Path folder;

  /** A broken file; JUnit shows its name. */
  private record Case(String name, String kind, Path path) {
    boolean isSound() {
      return name.startsWith("ok_");
    }

    @Override
    public String toString() {
      return name;
    }
  }

  private static Stream<Case> cases(String kind) throws IOException {
    JsonNode all = Fixtures.json(Fixtures.path("corrupt", "cases.json"));
    return StreamSupport.stream(all.spliterator(), false)
        .map(
            node ->
                new Case(
                    node.get("name").textValue(),
                    node.get("kind").textValue(),
                    Fixtures.path("corrupt").resolve(node.get("path").textValue())))
        .filter(each -> each.kind().equals(kind));
  }

  static Stream<Case> models() throws IOException {
    return cases("saved_model");
  }

  static Stream<Case> checkpoints() throws IOException {
    return cases("checkpoint");
  }

  static Stream<Case> weightFiles() throws IOException {
    return Stream.concat(cases("safetensors"), cases("h5"));
  }

  static Stream<Case> records() throws IOException {
    return cases("tfrecord");
  }

  /** The first call loads classes, which is no part of any case's time. */
  @BeforeAll
  static void warmUp() {
    ProgramRun.of(List.of("inspect", Fixtures.path("savedmodel_keras_bert").toString()));
  }

  @Test
  void thereAreAllCases() throws IOException {
    assertEquals(
        List.of(23L, 45L, 24L, 6L),
        List.of(models().count(), checkpoints().count(), weightFiles().count(), records().count()));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("models")
  void aModelIsRefusedByEveryCommandThatReadsIt(Case each) {
    ProgramRun inspection = run("inspect", each.path().toString());
    if (each.isSound()) {
      assertEquals(0, inspection.code(), inspection.err());
      assertEquals(0, run("inspect", "--plan", each.path().toString()).code());
      return;
    }
    assertRefused(inspection, each.path());
    ProgramRun training =
        run(
            "train",
            "--model=" + each.path(),
            "--train-file=" + BATCH,
            "--output-dir=" + folder.resolve("run"));
    assertRefused(training, each.path());
    assertEquals(
        inspection.err().replace("belay inspect:", ""), training.err().replace("belay train:", ""));
    assertFalse(Files.exists(folder.resolve("run/export")));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("checkpoints")
  void aCheckpointIsRefused(Case each) {
    ProgramRun inspection = run("inspect", each.path().toString());
    if (each.isSound() || (EITHER.contains(each.name()) && inspection.code() == 0)) {
      assertEquals(0, inspection.code(), inspection.err());
      assertTrue(inspection.out().contains("Variables"), inspection.out());
      return;
    }
    assertRefused(inspection, each.path());
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("weightFiles")
  void aFileOfWeightsIsRefused(Case each) {
    ProgramRun inspection = run("inspect", each.path().toString());
    if (each.isSound()) {
      assertEquals(0, inspection.code(), inspection.err());
      return;
    }
    assertRefused(inspection, each.path());
    ProgramRun comparison = run("diff", each.path().toString(), each.path().toString());
    assertRefused(comparison, each.path());
    Path target = folder.resolve("converted");
    assertRefused(
        run("convert", each.path().toString(), target.toString(), "--to=safetensors"), each.path());
    assertFalse(Files.exists(target));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("records")
  void aRecordFileIsRefused(Case each) {
    ProgramRun training =
        run(
            "train",
            "--model=" + Fixtures.path("savedmodel_keras_bert", "saved_model"),
            "--train-file=" + each.path(),
            "--output-dir=" + folder.resolve("run"));
    assertRefused(training, each.path());
    if (each.isSound()) {
      // Both records are read: their only fault is that they hold nothing to learn.
      assertTrue(training.err().contains(": missing column: expected a column 'label'"));
    }
  }

  /** A graph waits for its sessions: one that stayed open behind the error would hang here. */
  @Test
  @Timeout(60)
  void aTableThatTensorFlowRefusesToFillEndsTheProgram() throws IOException {
    Path model = folder.resolve("model");
    copy(Fixtures.path("savedmodel_tfmodule", "saved_model"), model);
    try (Stream<Path> assets = Files.list(model.resolve("assets"))) {
      for (Path asset : assets.toList()) {
        String lines = Files.readString(asset);
        Files.writeString(asset, lines + lines); // Every key twice, with two values.
      }
    }
    Path texts = Files.writeString(folder.resolve("texts.jsonl"), "{\"text\": \"a\"}\n");
    ProgramRun prediction =
        ProgramRun.of(
            List.of(
                "predict",
                "--model=" + model,
                "--signature=classify_text",
                "--file=" + texts,
                "--device=cpu"));
    assertEquals(3, prediction.code(), prediction.err());
    assertEquals(
        "belay predict: TensorFlow cannot fill a lookup table of the model: HashTable has different"
            + " value for same key. Key [PAD] has 0 and trying to add value 200; the file of the"
            + " table is not as the model's author meant it\n",
        prediction.err());
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> found = Files.walk(from)) {
      for (Path each : found.toList()) {
        Files.copy(each, to.resolve(from.relativize(each).toString()));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "op_readfile, ReadFile",
    "op_readfile_input, ReadFile",
    "op_writefile, WriteFile",
    "op_eagerpyfunc, EagerPyFunc",
    "op_matchingfiles, MatchingFiles"
  })
  void anOpThatReachesOutIsRefusedUnlessItIsAllowedByName(String name, String op) {
    Path model = Fixtures.path("corrupt", "saved_model", name);
    ProgramRun refusal = run("inspect", model.toString());
    assertRefused(refusal, model);
    assertTrue(refusal.err().contains("op " + op), refusal.err());
    assertTrue(refusal.err().contains("--allow-op"), refusal.err());
    ProgramRun allowed = run("inspect", model.toString(), "--allow-op=" + op);
    assertEquals(0, allowed.code(), allowed.err());
    assertRefused(run("inspect", model.toString(), "--allow-op=NoOp"), model);
  }

  private static ProgramRun run(String... arguments) {
    return assertTimeout(LIMIT, () -> ProgramRun.of(List.of(arguments)));
  }

  /** Exit code 3 and one paragraph that names the file and what was expected and found there. */
  private static void assertRefused(ProgramRun run, Path path) {
    assertEquals(3, run.code(), run.err());
    assertEquals("", run.out());
    assertTrue(run.err().contains(path.toString()), run.err());
    assertTrue(run.err().contains("expected"), run.err());
    assertFalse(run.err().contains("\tat "), run.err());
    assertEquals(1, run.err().lines().count(), run.err());
  }
}

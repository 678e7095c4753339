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
    assertEquals(List.of(23L, 44L, 6L), List.of(models().count(), checkpoints().count(), records().count()));
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
        inspection.err().replace("belay inspect:", ""),
        training.err().replace("belay train:", ""));
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
      // Its frames are sound, but what is in them is no tf.train.Example.
      assertTrue(training.err().contains("tf.train.Example"), training.err());
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
    assertTrue(refusal.err().contains("--allow-op " + op), refusal.err());
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

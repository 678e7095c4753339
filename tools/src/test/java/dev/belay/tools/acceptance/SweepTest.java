package dev.belay.tools.acceptance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.belay.savedmodel.PythonInterop;
import dev.belay.tools.ProgramRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code belay sweep}, on a model that Python wrote, with dropout and shuffling on. */
final class SweepTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<String> ARMS = List.of("global_norm-0.5-rate-0.001", "none-rate-0.001");

  private final GoldenModel golden = GoldenModel.named("savedmodel_hf_bert");

  @TempDir Path folder;

  private List<String> training(Path directory, String... more) {
    return Stream.concat(
            Stream.of(
                "--model=" + golden.model(),
                "--train-file=" + golden.batch(),
                "--validation-file=" + golden.batch(),
                "--output-dir=" + directory,
                "--max-steps=8",
                "--train-batch-size=2",
                "--learning-rate=1e-3",
                "--device=cpu"),
            Stream.of(more))
        .toList();
  }

  private List<String> sweep(Path directory, String... more) {
    List<String> command = new ArrayList<>(List.of("sweep"));
    command.addAll(training(directory, more));
    command.addAll(List.of("--clip-norms=0.5,none", "--seeds=1,2", "--halving=off"));
    return command;
  }

  private static ProgramRun run(List<String> command) {
    ProgramRun run = ProgramRun.of(command);
    assertEquals(0, run.code(), run.err());
    return run;
  }

  private static Path arm(Path sweep, String arm, long seed) {
    return sweep.resolve("arms").resolve(arm).resolve("seed-" + seed);
  }

  @Test
  void anArmIsTheRunThatTrainWouldMakeAndAKilledSweepGoesOn() throws Exception {
    Path sweep = folder.resolve("sweep");
    ProgramRun first = run(sweep(sweep, "--json"));
    assertTableIsTrueTo(sweep, JSON.readTree(first.out()));
    assertArmIsARun(sweep, ARMS.get(0), 2, "--max-grad-norm=0.5");
    assertArmIsARun(sweep, ARMS.get(1), 2, "--clip-mode=none");

    // As if killed in the last arm: its figures are there in part, its result is not.
    Path killed = arm(sweep, ARMS.get(1), 2);
    byte[] whole = Files.readAllBytes(killed.resolve("metrics.jsonl"));
    Files.delete(killed.resolve("result.json"));
    Files.writeString(killed.resolve("metrics.jsonl"), "{\"event\":\"start\"}\n{\"eve");
    byte[] untouched = Files.readAllBytes(arm(sweep, ARMS.get(0), 2).resolve("metrics.jsonl"));
    ProgramRun again = run(sweep(sweep, "--json"));
    assertEquals(first.out(), again.out());
    assertTrue(again.err().contains("clip 0.5, seed 2 (before): "), again.err());
    assertTrue(again.err().contains("arm 4/4: no clip, seed 2"), again.err());
    assertFalse(again.err().contains("arm 3/4"), again.err());
    assertArrayEquals(
        untouched, Files.readAllBytes(arm(sweep, ARMS.get(0), 2).resolve("metrics.jsonl")));
    assertEquals(
        whole.length > 500, Files.size(killed.resolve("metrics.jsonl")) > 500, "trained again");

    // As if an earlier version had begun it, which did not know all options of today.
    Path facts = sweep.resolve("sweep.json");
    ObjectNode known = (ObjectNode) JSON.readTree(facts.toFile());
    ((ObjectNode) known.get("options")).remove(List.of("adapter", "model-losses"));
    JSON.writeValue(facts.toFile(), known);
    assertEquals(first.out(), run(sweep(sweep, "--json")).out());

    ProgramRun other = ProgramRun.of(sweep(sweep, "--weight-decay=0.5"));
    assertEquals(2, other.code());
    assertTrue(
        other.err().contains("whose sweep differs in weight-decay (0.01, now 0.5)"), other.err());
    assertTensorBoardShows(sweep, JSON.readTree(first.out()));
  }

  @Test
  void anArmOfARankIsTheRunWithThatRank() throws Exception {
    Path sweep = folder.resolve("ranks");
    List<String> command = new ArrayList<>(List.of("sweep"));
    command.addAll(training(sweep, "--adapter=lora", "--json"));
    command.addAll(List.of("--clip-norms=0.5", "--seeds=2", "--lora-ranks=2,4"));
    JsonNode table = JSON.readTree(run(command).out());
    assertEquals(4, table.get("arms").get(1).get("lora_rank").asInt());
    String arm = "global_norm-0.5-rate-0.001-rank-4";
    assertArmIsARun(sweep, arm, 2, "--max-grad-norm=0.5", "--adapter=lora", "--lora-rank=4");
  }

  private static void assertTableIsTrueTo(Path sweep, JsonNode table) throws IOException {
    assertEquals(2, table.get("arms").size());
    for (int i = 0; i < 2; i++) {
      JsonNode row = table.get("arms").get(i);
      double accuracy = 0;
      double loss = 0;
      double clipped = 0;
      for (long seed = 1; seed <= 2; seed++) {
        Path run = arm(sweep, ARMS.get(i), seed);
        JsonNode last = lastEvaluation(run);
        assertEquals(8, last.get("step").asInt());
        accuracy += last.get("accuracy").asDouble() / 2;
        loss += last.get("loss").asDouble() / 2;
        clipped +=
            MetricsFile.trained(run, "clip_scale").stream().filter(s -> s < 1).count() / 16.0;
      }
      assertEquals(accuracy, row.get("mean").asDouble(), 1e-8);
      assertEquals(loss, row.get("loss_mean").asDouble(), 1e-8);
      assertEquals(clipped, row.get("clipped_fraction").asDouble(), 1e-8);
    }
    assertEquals("clip 0.5", table.get("arms").get(0).get("arm").asText());
    assertTrue(table.get("arms").get(0).get("clipped_fraction").asDouble() > 0.5, "0.5 clips");
    assertEquals(0, table.get("arms").get(1).get("clipped_fraction").asDouble());
    assertTrue(Files.readString(sweep.resolve("report.html")).contains("no clip, seed 2"));
  }

  private static JsonNode lastEvaluation(Path run) throws IOException {
    JsonNode last = null;
    for (String line : Files.readAllLines(run.resolve("metrics.jsonl"))) {
      JsonNode event = JSON.readTree(line);
      last = event.get("event").asText().equals("eval") ? event : last;
    }
    return last;
  }

  private void assertArmIsARun(Path sweep, String arm, long seed, String... options)
      throws IOException {
    Path single = folder.resolve("single-" + arm);
    List<String> command = new ArrayList<>(List.of("train"));
    command.addAll(training(single, "--seed=" + seed, "--report=none"));
    command.addAll(List.of(options));
    run(command);
    for (String figure : List.of("loss", "grad_norm", "grad_norm_clipped", "learning_rate")) {
      assertEquals(
          MetricsFile.trained(single, figure),
          MetricsFile.trained(arm(sweep, arm, seed), figure),
          arm + " " + figure);
    }
  }

  private static void assertTensorBoardShows(Path sweep, JsonNode table) throws Exception {
    Path script = PythonScripts.named("check_hparams.py");
    JsonNode shown = PythonInterop.run(script, sweep.resolve("tensorboard"));
    assertEquals("[\"clip_norm\",\"learning_rate\"]", shown.get("hparams").toString());
    for (int i = 0; i < 2; i++) {
      JsonNode sessions = shown.get("groups").get(ARMS.get(i));
      assertEquals(2, sessions.size(), "one session for each seed");
      double mean = 0;
      for (JsonNode session : sessions) {
        assertEquals("STATUS_SUCCESS", session.get("status").asText());
        mean += session.get("metrics").get("validation/loss").asDouble() / 2;
      }
      assertEquals(table.get("arms").get(i).get("loss_mean").asDouble(), mean, 1e-6);
      assertEquals(
          i == 0 ? "0.5" : "none", sessions.get(0).get("hparams").get("clip_norm").asText());
    }
  }

  @Test
  void whatIsForASingleRunIsRefused() {
    ProgramRun refused =
        ProgramRun.of(
            sweep(folder.resolve("refused"), "--max-grad-norm=1", "--load-best-model-at-end"));
    assertEquals(2, refused.code());
    assertTrue(
        refused.err().contains("--max-grad-norm is for a single run: --clip-norms names the"),
        refused.err());
    assertTrue(
        refused.err().contains("--load-best-model-at-end is for a single run"), refused.err());
    assertFalse(Files.exists(folder.resolve("refused")), "nothing is written");
  }
}

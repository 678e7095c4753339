package dev.belay.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.tensor.MemoryTensors;
import dev.belay.train.checkpoint.CheckpointFolder;
import dev.belay.train.checkpoint.CheckpointState;
import dev.belay.train.config.ConfigException;
import dev.belay.train.failure.ModelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RunCheckpointTest {
  @TempDir Path run;

  @BeforeEach
  void writeRun() throws IOException {
    Files.writeString(run.resolve("run.json"), "{}");
    Files.writeString(run.resolve("config.json"), "{}");
  }

  private void save(long step, String milestones) throws IOException {
    JsonNode section = new ObjectMapper().readTree(milestones);
    new CheckpointFolder(run.resolve("checkpoints"), OptionalInt.empty())
        .save(
            new MemoryTensors(),
            new MemoryTensors(),
            new CheckpointState(step, 0, 0, 0, 1, false, Map.of(), Map.of("milestones", section)));
  }

  private Path step(long step) {
    return run.resolve("checkpoints/step-%08d".formatted(step));
  }

  private RunCheckpoint choose(String choice) throws IOException {
    return RunCheckpoint.choose(run, Optional.ofNullable(choice));
  }

  @Test
  void theBestThatWasKeptIsTakenUnlessAnotherIsNamed() throws IOException {
    save(20, "{}");
    save(40, "{\"bestStep\":20,\"bestIsKept\":true}");
    List<String> note =
        List.of("the best checkpoint, of step 20; --checkpoint latest takes that of step 40");
    assertEquals(new RunCheckpoint(step(20), note), choose(null));
    assertEquals(new RunCheckpoint(step(20), note), choose("best"));
    assertEquals(
        new RunCheckpoint(step(40), List.of("the latest checkpoint, of step 40")),
        choose("latest"));
    assertEquals(new RunCheckpoint(step(40), List.of()), choose("step-00000040"));
    assertEquals(new RunCheckpoint(step(40), List.of()), choose(step(40).toString()));
    assertEquals(
        new RunCheckpoint(step(40), List.of()), RunCheckpoint.choose(step(40), Optional.empty()));
  }

  @Test
  void whereNoBestWasKeptTheLatestIsTaken() throws IOException {
    save(20, "{\"bestStep\":20,\"bestIsKept\":false}");
    assertEquals(
        new RunCheckpoint(step(20), List.of("the latest checkpoint, of step 20")), choose(null));
    assertEquals(
        run
            + ": the run kept no best checkpoint; one that is trained with"
            + " --load-best-model-at-end does. --checkpoint latest takes that of step 20",
        assertThrows(ModelException.class, () -> choose("best")).getMessage());
    assertEquals(
        "--checkpoint: expected latest, best, or a checkpoint such as step-00000100, found newest",
        assertThrows(ConfigException.class, () -> choose("newest")).getMessage());
    assertThrows(
        ConfigException.class, () -> RunCheckpoint.choose(step(20), Optional.of("latest")));
  }

  @Test
  void aDamagedOneIsPassedOverAndNamed() throws IOException {
    save(20, "{}");
    save(40, "{}");
    Files.writeString(step(40).resolve("state.json"), "{}");
    List<String> notes = choose(null).notes();
    assertTrue(
        notes.get(0).startsWith("skipped: " + step(40).resolve("state.json") + ": size:"),
        notes.toString());
    assertEquals("the latest checkpoint, of step 20", notes.get(1));
    Files.writeString(step(20).resolve("state.json"), "{}");
    assertThrows(CorruptModelException.class, () -> choose(null));
  }

  @Test
  void aRunWithoutCheckpointsIsNamed() {
    assertTrue(
        assertThrows(ModelException.class, () -> choose(null))
            .getMessage()
            .startsWith(run + ": the run has no checkpoint in "));
  }
}

package dev.belay.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.train.checkpoint.Checkpoint;
import dev.belay.train.config.WeightsConfig;
import dev.belay.train.failure.ModelException;
import dev.belay.train.report.RunDirectory;
import dev.belay.train.resume.RunLock;
import dev.belay.train.resume.RunState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RunStateTest {
  private static final String COMMAND = "\"command\": [\"train\", \"--model\", \"a b\"]";

  @TempDir Path folder;

  /** A run of which the records say that it runs, as a killed one leaves them. */
  private RunDirectory running(String metrics) throws IOException {
    RunDirectory run = new RunDirectory(Files.createDirectories(folder.resolve("run")));
    Files.writeString(run.config(), "{}");
    Files.writeString(run.provenance(), "{\"status\": \"running\", " + COMMAND + "}");
    Files.writeString(run.metrics(), metrics);
    return run;
  }

  @Test
  void aRunWhoseProcessIsGoneWasInterrupted() throws IOException {
    RunDirectory run =
        running(
            "{\"event\":\"train\",\"step\":6}\n{\"event\":\"train\",\"step\":7}\n{\"event\":\"tr");
    RunState expected =
        new RunState(
            "interrupted",
            7,
            "interrupted at step 7: its process ended without finishing it. The same command starts"
                + " from the beginning, since no checkpoint is there: belay train --model 'a b'");
    assertEquals(expected, RunState.of(run));

    Files.writeString(run.lock(), lockOf(ProcessHandle.current().pid(), "2001-01-01T00:00:00Z"));
    assertEquals(expected, RunState.of(run));

    ModelException nothing =
        assertThrows(
            ModelException.class, () -> ModelInspection.inspect(WeightsConfig.of(run.root())));
    assertTrue(
        nothing.getMessage().startsWith(run.root() + ": run, interrupted at step 7: "),
        nothing.getMessage());
  }

  private static String lockOf(long pid, String started) throws IOException {
    String host = Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
    return "{\"pid\":%d,\"host\":\"%s\",\"processStarted\":\"%s\",\"since\":\"%s\"} "
        .formatted(pid, host, started, started);
  }

  @Test
  void aRunWhoseLockIsHeldRuns() throws IOException {
    RunDirectory run = running("");
    try (RunLock lock = RunLock.take(run.lock())) {
      RunState state = RunState.of(run);
      lock.requireHeld();
      assertEquals("running", state.status());
      assertTrue(
          state
              .description()
              .startsWith(
                  "running before its first step: process " + ProcessHandle.current().pid()),
          state.description());
    }
    assertEquals("interrupted", RunState.of(run).status());
  }

  @Test
  void aKilledRunIsInspectedByItsNewestCheckpoint() throws IOException {
    Path root = folder.resolve("run");
    SmallRun.until(SmallRun.Setting.of(folder).config(root), SmallRun.step(5));
    RunDirectory run = new RunDirectory(root);
    RunState stopped = RunState.of(run);
    assertEquals("stopped", stopped.status());
    assertTrue(
        stopped.description().startsWith("stopped at step 5: stopped by a test"),
        stopped.description());

    String facts = Files.readString(run.provenance());
    Files.writeString(
        run.provenance(), facts.replace("\"status\" : \"stopped\"", "\"status\" : \"running\""));
    Files.writeString(
        run.metrics(), "{\"event\":\"train\",\"step\":6}\n", StandardOpenOption.APPEND);
    ModelInspection.Contents contents = ModelInspection.inspect(WeightsConfig.of(root));
    assertEquals(6, contents.run().step());
    assertEquals(
        "interrupted at step 6: its process ended without finishing it. The same command resumes"
            + " from the checkpoint of step 5: test",
        contents.run().description());
    assertEquals(run.checkpoints().resolve(Checkpoint.name(5)), contents.path());
    assertEquals("checkpoint", contents.format());
    assertEquals("interrupted", RunVerification.verify(root).status());
    String page = Files.readString(RunReporting.report(root));
    assertTrue(page.contains("then its process ended without finishing it"), page.substring(0, 99));
  }
}

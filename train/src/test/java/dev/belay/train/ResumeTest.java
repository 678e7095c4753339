package dev.belay.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.savedmodel.CorruptModelException;
import dev.belay.train.config.ConfigException;
import dev.belay.train.config.ResumeConfig;
import dev.belay.train.config.TrainConfig;
import dev.belay.train.event.RunEvent;
import dev.belay.train.failure.MachineException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run that was stopped and goes on is the run that was not stopped, to the last bit. */
@Tag("long")
final class ResumeTest {
  @TempDir static Path shared;

  /** What most tests here hold theirs against. */
  private static SmallRun undisturbed;

  @TempDir Path folder;

  @BeforeAll
  static void runUndisturbed() throws IOException {
    undisturbed = SmallRun.whole(SmallRun.Setting.of(shared).config(shared.resolve("whole")));
  }

  private Path file(String name) {
    return folder.resolve(name);
  }

  private void assertSame(SmallRun expected, SmallRun found) throws IOException {
    assertEquals(Optional.empty(), found.stopped());
    assertEquals(expected.metrics(), found.metrics());
    assertEquals(expected.weights(), found.weights());
  }

  /** Steps 3 and 6 end an epoch, 4 and 8 are evaluated, 2, 4, 6 and 8 are saved anyway. */
  @Test
  void stopsAfterManyStepsChangeNothing() throws IOException {
    TrainConfig config = SmallRun.Setting.of(folder).config(file("stopped"));
    for (int step : new int[] {1, 3, 4, 8}) {
      SmallRun run = SmallRun.until(config, SmallRun.step(step));
      assertEquals(
          "stopped by a test after step "
              + step
              + ", whose checkpoint is written; run the same command to resume",
          run.stopped().orElseThrow());
    }
    SmallRun end = SmallRun.whole(config);
    assertSame(undisturbed, end);
    assertEquals(
        List.of(
            new RunEvent.Resumed(8, config.outputDirectory().resolve("checkpoints/step-00000008"))),
        end.events().stream().filter(event -> event instanceof RunEvent.Resumed).toList());
  }

  @Test
  void twoThreadsAndAnImportedGraphGoOnToTheSameBytesToo() throws IOException {
    SmallRun.Setting setting = SmallRun.Setting.imported(folder).with(2);
    TrainConfig config = setting.config(file("stopped"));
    SmallRun.until(config, SmallRun.step(5));
    assertSame(SmallRun.whole(setting.config(file("whole"))), SmallRun.whole(config));
  }

  @Test
  void adaptersGoOnFromCheckpointsWithoutTheirBase() throws IOException {
    SmallRun.Setting setting = SmallRun.Setting.imported(folder).adapted();
    TrainConfig config = setting.config(file("stopped"));
    SmallRun.until(config, SmallRun.step(5));
    assertSame(SmallRun.whole(setting.config(file("whole"))), SmallRun.whole(config));
  }

  /** Blocks that are computed again change no bit, before a stop or after it. */
  @Test
  void gradientCheckpointingIsTheSameRun() throws IOException {
    TrainConfig config = SmallRun.Setting.of(folder).recomputing().config(file("stopped"));
    SmallRun.until(config, SmallRun.step(5));
    SmallRun end = SmallRun.whole(config);
    assertEquals(undisturbed.metrics(), end.metrics());
    assertEquals(undisturbed.export(), end.export());
  }

  @Test
  void gradientCheckpointingOfTrainedWeightsIsTheSameRun() throws IOException {
    SmallRun.Setting setting = SmallRun.Setting.weights(folder);
    SmallRun kept = SmallRun.whole(setting.config(file("kept")));
    TrainConfig config = setting.recomputing().config(file("stopped"));
    SmallRun.until(config, SmallRun.step(5));
    SmallRun end = SmallRun.whole(config);
    assertEquals(kept.metrics(), end.metrics());
    assertEquals(kept.export(), end.export());
  }

  @Test
  void skippedStepsClipHistoryAndAccumulationGoOn() throws IOException {
    SmallRun.Setting setting = SmallRun.Setting.of(folder).with(SmallRun.Rules.withMemory(), 18);
    SmallRun whole = SmallRun.whole(setting.config(file("whole")));
    String events = whole.events().toString();
    assertTrue(events.contains("Skipped"), "no step was skipped, so this shows nothing: " + events);
    TrainConfig config = setting.config(file("stopped"));
    for (int step : new int[] {3, 12, 16}) {
      SmallRun.until(config, SmallRun.step(step));
    }
    assertSame(whole, SmallRun.whole(config));
  }

  /** Nor does the checkpoint that a stop writes become one to return to. */
  @Test
  void returnsToACheckpointGoOn() throws IOException {
    SmallRun.Setting setting = SmallRun.Setting.of(folder).with(SmallRun.Rules.withReturns(), 18);
    SmallRun whole = SmallRun.whole(setting.config(file("whole")));
    List<RunEvent.RolledBack> returns =
        whole.events().stream()
            .filter(RunEvent.RolledBack.class::isInstance)
            .map(RunEvent.RolledBack.class::cast)
            .toList();
    assertTrue(returns.size() > 1, "too few returns to show anything: " + returns);
    TrainConfig config = setting.config(file("stopped"));
    for (RunEvent.RolledBack back : returns) {
      SmallRun.until(config, SmallRun.step(back.step() - 1));
      SmallRun.until(config, back::equals);
    }
    assertSame(whole, SmallRun.whole(config));
  }

  /** Step 4 is evaluated: the second event of its kind. The metric of the best step hangs on it. */
  @Test
  void anEvaluationThatIsStoppedIsDoneAgain() throws IOException {
    SmallRun.Setting setting =
        SmallRun.Setting.of(folder).with(SmallRun.Setting.loop(OptionalInt.of(2), false));
    SmallRun whole = SmallRun.whole(setting.config(file("whole")));
    TrainConfig config = setting.config(file("stopped"));
    SmallRun run = SmallRun.until(config, SmallRun.step(4));
    assertTrue(
        run.events().stream().noneMatch(SmallRun.evaluated(4)), "stopped within the evaluation");
    assertSame(whole, SmallRun.whole(config));
  }

  @Test
  void aRunThatIsStoppedBeforeItsFirstStepBeginsAgain() throws IOException {
    TrainConfig config = SmallRun.Setting.of(folder).config(file("run"));
    SmallRun run = SmallRun.until(config, event -> event instanceof RunEvent.Started);
    assertEquals(
        "stopped by a test before its first step; run the same command to resume",
        run.stopped().orElseThrow());
    assertFalse(run.names().contains("checkpoints"), run.names().toString());
    SmallRun again = SmallRun.whole(config);
    assertTrue(again.events().stream().noneMatch(event -> event instanceof RunEvent.Resumed));
    assertEquals(
        SmallRun.STEPS, again.metrics().stream().filter(l -> l.contains("clip_s")).count());
  }

  @Test
  void whatAKilledRunLeavesIsCutAndRemoved() throws IOException {
    TrainConfig config = SmallRun.Setting.of(folder).config(file("run"));
    SmallRun stopped = SmallRun.until(config, SmallRun.step(5));
    Path run = config.outputDirectory();
    SmallRun.Litter.in(run);
    assertTrue(stopped.names().toString().contains(".partial"), stopped.names().toString());
    SmallRun end = SmallRun.whole(config);
    assertEquals(List.of(), SmallRun.Litter.foundIn(run));
    assertEquals(
        SmallRun.STEPS,
        end.metrics().stream().filter(l -> l.contains("clip_s")).distinct().count());
    assertEquals(SmallRun.STEPS, end.metrics().stream().filter(l -> l.contains("clip_s")).count());
  }

  @Test
  void aDamagedCheckpointIsPassedOverAndNamed() throws IOException {
    TrainConfig config = SmallRun.Setting.of(folder).config(file("run"));
    SmallRun.until(config, SmallRun.step(5));
    Path damaged = file("run/checkpoints/step-00000005/optimizer.data-00000-of-00001");
    byte[] bytes = Files.readAllBytes(damaged);
    bytes[77] ^= 8;
    Files.write(damaged, bytes);
    SmallRun end = SmallRun.whole(config);
    assertTrue(
        end.events().stream().anyMatch(e -> e instanceof RunEvent.Resumed r && r.step() == 4));
    String note = end.notes().get(0);
    assertTrue(note.startsWith("skipped and removed: " + damaged + ": SHA-256: expected "), note);
    assertSame(undisturbed, end);
  }

  @Test
  void ifAllAreDamagedNothingIsDone() throws IOException {
    TrainConfig config = SmallRun.Setting.of(folder).config(file("run"));
    SmallRun run = SmallRun.until(config, SmallRun.step(1));
    Path manifest = file("run/checkpoints/step-00000001/manifest.json");
    Files.delete(manifest);
    List<String> before = run.names();
    CorruptModelException refused =
        assertThrows(CorruptModelException.class, () -> SmallRun.whole(config));
    assertTrue(
        refused.getMessage().contains("1 that are damaged: " + manifest), refused.getMessage());
    assertEquals(before, run.names());
  }

  @Test
  void changesAreNamedAndNeedToBeAllowed() throws IOException {
    SmallRun.Setting setting = SmallRun.Setting.of(folder);
    Path run = file("run");
    SmallRun stopped = SmallRun.until(setting.config(run), SmallRun.step(1));
    List<String> before = stopped.names();
    Files.writeString(
        setting.data(), Files.readString(setting.data()).replaceAll("(?s)\\n[^\\n]*\\n$", "\n"));
    ConfigException refused =
        assertThrows(
            ConfigException.class,
            () -> SmallRun.whole(setting.config(run, 1, ResumeConfig.defaults())));
    String message = refused.getMessage().replaceAll("SHA-256 [0-9a-f]{12}", "SHA");
    assertEquals(
        "--resume: "
            + run
            + """
             was started with other settings, and resuming with new ones gives a run that is neither:
              --train-batch-size: 2 before, 1 now
              --train-file, file 1: SHA before, SHA now
              --validation-file, file 1: SHA before, SHA now
            Use the earlier settings to resume from step 1, or add --allow-changes to resume \
            with the new ones, or choose another --output-dir to start a new run.\
            """,
        message);
    assertEquals(before, stopped.names());
    SmallRun end = SmallRun.whole(setting.config(run, 1, new ResumeConfig("auto", true)));
    assertTrue(
        end.notes().contains("as allowed: --train-batch-size: 2 before, 1 now"),
        end.notes().toString());
    assertTrue(Files.readString(run.resolve("config.json")).contains("\"train-batch-size\" : 1"));
  }

  @Test
  void aFinishedRunIsLeftAlone() throws IOException {
    TrainConfig config = SmallRun.Setting.of(folder).config(file("run"));
    SmallRun run = SmallRun.whole(config);
    List<String> names = run.names();
    String metrics = Files.readString(file("run/metrics.jsonl"));
    SmallRun again = SmallRun.whole(config);
    assertEquals(1, again.events().size());
    assertTrue(again.events().get(0) instanceof RunEvent.AlreadyDone done && done.step() == 9);
    assertEquals(names, run.names());
    assertEquals(metrics, Files.readString(file("run/metrics.jsonl")));
    ConfigException refused =
        assertThrows(
            ConfigException.class,
            () ->
                SmallRun.whole(
                    SmallRun.Setting.of(folder)
                        .config(file("run"), 2, new ResumeConfig("never", false))));
    assertTrue(refused.getMessage().contains("so that no run is overwritten"));
    Path weights = file("run/export/1/variables/variables.data-00000-of-00001");
    byte[] whole = Files.readAllBytes(weights);
    Files.write(weights, new byte[] {1});
    SmallRun mended = SmallRun.whole(config);
    assertTrue(
        mended.events().stream()
            .anyMatch(
                e ->
                    e instanceof RunEvent.Exported made
                        && made.directory().equals(file("run/export/2"))),
        "a damaged export is made again, beside it");
    assertArrayEquals(
        whole, Files.readAllBytes(file("run/export/2/variables/variables.data-00000-of-00001")));
  }

  @Test
  void anotherRunsCheckpointBeginsANewDirectory() throws IOException {
    Path checkpoint = undisturbed.directory().resolve("checkpoints/step-00000006");
    SmallRun branch =
        SmallRun.whole(
            SmallRun.Setting.of(folder)
                .config(file("branch"), 2, new ResumeConfig(checkpoint.toString(), false)));
    for (String part : List.of("model", "optimizer")) {
      String file = "checkpoints/step-00000009/" + part + ".data-00000-of-00001";
      assertEquals(undisturbed.weights().get(file), branch.weights().get(file));
    }
    assertEquals(
        "the best step so far was 4, but its checkpoint is missing: the best of the following "
            + "steps will be used",
        branch.notes().get(0));
    assertEquals(3, branch.metrics().stream().filter(line -> line.contains("clip_s")).count());
  }

  @Test
  void aDirectoryThatVanishesEndsTheRun() throws IOException {
    TrainConfig config = SmallRun.Setting.of(folder).config(file("run"));
    MachineException gone =
        assertThrows(
            MachineException.class,
            () ->
                SmallRun.until(
                    config,
                    event -> {
                      if (SmallRun.step(3).test(event)) {
                        SmallRun.move(file("run"), file("elsewhere"));
                      }
                      return false;
                    }));
    assertTrue(
        gone.getMessage().startsWith(file("run") + ": the run directory vanished"),
        gone.getMessage());
    assertFalse(Files.exists(file("run")), "nothing is written where the directory was");
    SmallRun.move(file("elsewhere"), file("run"));
    assertSame(undisturbed, SmallRun.whole(config));
  }
}

package dev.belay.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.train.failure.ModelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RunVerificationTest {
  @TempDir Path folder;

  @Test
  void whatIsDamagedIsNamed() throws IOException {
    Path run = folder.resolve("run");
    SmallRun.Setting setting = SmallRun.Setting.imported(folder);
    SmallRun.whole(setting.config(run));
    RunVerification.Report sound = RunVerification.verify(run);
    assertTrue(sound.sound(), sound.toString());
    assertEquals("done", sound.status());
    assertEquals(List.of("config.json", "run.json", "metrics.jsonl"), paths(sound, "record"));
    assertEquals(
        List.of("checkpoints/step-00000002", "checkpoints/step-00000004"),
        paths(sound, "checkpoint").subList(0, 2));
    assertEquals(List.of("export/1"), paths(sound, "export"));

    Path slots = run.resolve("checkpoints/step-00000004/optimizer.index");
    byte[] bytes = Files.readAllBytes(slots);
    bytes[9] ^= 1;
    Files.write(slots, bytes);
    Files.delete(run.resolve("export/1/keras_metadata.pb"));
    Files.writeString(run.resolve("export/1/stray"), "");
    Files.writeString(setting.data(), "\n");
    RunVerification.Report damaged = RunVerification.verify(run);
    assertFalse(damaged.sound());
    List<RunVerification.Item> wrong =
        damaged.items().stream().filter(item -> !item.sound()).toList();
    assertEquals(4, wrong.size(), wrong.toString());
    assertTrue(wrong.get(0).detail().startsWith(slots + ": SHA-256: expected "));
    assertEquals(
        "keras_metadata.pb is not there; stray was not written by the run", wrong.get(1).detail());
    assertEquals("changed since the run read it", wrong.get(2).detail());
  }

  private static List<String> paths(RunVerification.Report report, String kind) {
    return report.items().stream()
        .filter(item -> item.kind().equals(kind))
        .map(RunVerification.Item::path)
        .toList();
  }

  @Test
  void onlyARunIsVerified() {
    assertEquals(
        folder + ": expected a run directory of `belay train`, with config.json and run.json",
        assertThrows(ModelException.class, () -> RunVerification.verify(folder)).getMessage());
  }
}

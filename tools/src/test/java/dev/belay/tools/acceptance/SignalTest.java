package dev.belay.tools.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.tools.Belay;
import dev.belay.tools.ProgramRun;
import java.io.BufferedReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A signal to the program itself, as a shell or a scheduler sends it. */
@Tag("long")
final class SignalTest {
  private static final int STEPS = 400;

  @TempDir Path folder;

  @Test
  void aTerminatedRunSavesAndTheSameCommandGoesOn() throws Exception {
    Path run = folder.resolve("run");
    List<String> training = GoldenModel.named("savedmodel_hf_bert").trainCommand(STEPS, run);
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:+UseSerialGC", "-cp", System.getProperty("java.class.path")));
    command.add(Belay.class.getName());
    command.addAll(training);
    Process process =
        new ProcessBuilder(command).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
    StringBuilder said = new StringBuilder();
    try (BufferedReader err = process.errorReader()) {
      for (String line = err.readLine(); line != null; line = err.readLine()) {
        said.append(line).append('\n');
        if (line.startsWith("step 1/" + STEPS)) {
          process.toHandle().destroy(); // Process.destroy closes what it says on the way
        }
      }
    }
    assertTrue(process.waitFor(1, TimeUnit.MINUTES));
    assertEquals(75, process.exitValue(), said.toString());
    assertTrue(
        said.toString()
            .contains(
                "\nSIGTERM: a checkpoint is written after this step; repeat to exit at once\n"),
        said.toString());
    assertTrue(
        said.toString().contains("\nbelay train: stopped by SIGTERM after step "), said.toString());
    ProgramRun end = ProgramRun.of(training);
    assertEquals(0, end.code(), end.err());
    assertTrue(end.err().contains("resumes from step "), end.err());
    assertEquals(STEPS, MetricsFile.trained(run, "loss").size());
    ProgramRun again = ProgramRun.of(training);
    assertEquals(run.resolve("export/1") + "\n", again.out());
    assertTrue(again.err().contains("nothing is left to do"), again.err());
  }
}

package dev.belay.tools.acceptance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.tools.ProgramRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With dropout and shuffling on, the seed alone decides what a run does. */
@Tag("long")
final class RepeatabilityTest {
  private static final int STEPS = 4;

  private final GoldenModel golden = GoldenModel.named("savedmodel_hf_bert");

  @TempDir Path folder;

  @Test
  void oneSeedGivesOneRunToTheLastByteAndAnotherSeedAnother() throws IOException {
    Path once = train("once", "--seed=7");
    Path again = train("again", "--seed=7");
    List<Double> losses = MetricsFile.trained(once, "loss");
    assertEquals(STEPS, losses.size());
    assertEquals(losses, MetricsFile.trained(again, "loss"));
    assertEquals(MetricsFile.trained(once, "grad_norm"), MetricsFile.trained(again, "grad_norm"));
    Map<String, byte[]> checkpoint = weights(once);
    assertTrue(
        checkpoint.keySet().stream().anyMatch(name -> name.contains("/model.data")),
        checkpoint.keySet().toString());
    assertTrue(
        checkpoint.keySet().stream().anyMatch(name -> name.contains("variables.data")),
        checkpoint.keySet().toString());
    Map<String, byte[]> second = weights(again);
    assertEquals(checkpoint.keySet(), second.keySet());
    checkpoint.forEach((name, bytes) -> assertArrayEquals(bytes, second.get(name), name));

    List<Double> others = MetricsFile.trained(train("other", "--seed=8"), "loss");
    for (int step = 0; step < STEPS; step++) {
      assertNotEquals(losses.get(step), others.get(step), "step " + (step + 1));
    }
  }

  @Test
  void dropoutIsDrawnAnewInEveryStep() throws IOException {
    // A rate of 1e-30 leaves float32 weights as they are: what changes is the dropout alone.
    List<Double> losses =
        MetricsFile.trained(train("still", "--seed=7", "--learning-rate=1e-30"), "loss");
    assertEquals(STEPS, losses.stream().distinct().count(), losses.toString());
    assertFalse(losses.contains(golden.losses().get(0)), losses.toString());
  }

  private Path train(String name, String... more) throws IOException {
    Path run = folder.resolve(name);
    List<String> usual =
        golden.trainCommand(STEPS, run, more).stream()
            .filter(option -> !option.startsWith("--shuffle"))
            .filter(option -> more.length < 2 || !option.equals("--learning-rate=1e-3"))
            .toList();
    ProgramRun training = ProgramRun.of(usual);
    assertEquals(0, training.code(), training.err());
    return run;
  }

  /** Every byte of checkpoints and export, by the file's name within the run. */
  private static Map<String, byte[]> weights(Path run) throws IOException {
    Map<String, byte[]> files = new TreeMap<>();
    for (String part : List.of("checkpoints", "export")) {
      try (Stream<Path> found = Files.walk(run.resolve(part))) {
        for (Path file : found.filter(Files::isRegularFile).toList()) {
          files.put(run.relativize(file).toString(), Files.readAllBytes(file));
        }
      }
    }
    return files;
  }
}

package dev.belay.tools.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.tools.ProgramRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What examples/nan-to-stable promises, on its first steps. */
@Tag("long")
class NanToStableExampleTest {
  private static final Path EXAMPLE = Path.of("..", "examples", "nan-to-stable");

  @TempDir private Path folder;

  private ProgramRun train(String run, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "train",
                "--config",
                EXAMPLE.resolve("train.yaml").toString(),
                "--model",
                EXAMPLE.resolve("model").toString(),
                "--train-file",
                EXAMPLE.resolve("train.tsv").toString(),
                "--validation-file",
                EXAMPLE.resolve("dev.tsv").toString(),
                "--report",
                "none",
                "--output-dir",
                folder.resolve(run).toString()));
    arguments.addAll(List.of(more));
    return ProgramRun.of(arguments);
  }

  @Test
  void withoutTheClipItEndsInANamedNan() {
    ProgramRun program = train("unclipped", "--clip-mode", "none");
    assertEquals(4, program.code(), program.err());
    assertTrue(program.err().contains("step 3: the loss is NaN"), program.err());
    assertTrue(
        program.err().contains("Probable cause: the logarithm of zero: a probability was rounded"),
        program.err());
    ProgramRun again = ProgramRun.of(List.of("replay", folder.resolve("unclipped").toString()));
    assertEquals(0, again.code(), again.err());
    assertTrue(
        again.out().contains("the first op whose result is not finite is serving_default/"),
        again.out());
    assertTrue(again.out().contains("/Log (Log)"), again.out());
  }

  @Test
  void withTheClipItLearns() throws IOException {
    ProgramRun program = train("clipped", "--max-steps", "40");
    assertEquals(0, program.code(), program.err());
    List<Double> accuracies = MetricsFile.evaluated(folder.resolve("clipped"), "accuracy");
    assertEquals(0.27, accuracies.get(0), 0.005);
    double after = accuracies.get(accuracies.size() - 1);
    assertTrue(after > 0.68, () -> "accuracy " + after);
    assertTrue(Files.exists(folder.resolve("clipped/export/1/saved_model.pb")));
  }
}

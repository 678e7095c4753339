package dev.belay.tools.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.tools.ProgramRun;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * {@code belay train} gives the loss and the dense gradient norm that TensorFlow Python gives, in
 * every step, through the function that the model's author meant for training.
 */
final class GoldenTrainingTest {
  static Stream<GoldenModel> models() {
    return GoldenModel.all();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("models")
  void everyStepAgreesWithPython(GoldenModel golden, @TempDir Path folder) throws IOException {
    Path run = folder.resolve("run");
    int steps = golden.losses().size();
    ProgramRun training = ProgramRun.of(golden.trainCommand(steps, run, "--dropout=off"));
    assertEquals(0, training.code(), training.err());
    assertEquals(run.resolve("export/1") + "\n", training.out());
    assertTrue(
        training.err().contains("trains through " + golden.through() + ", "), training.err());
    List<String> wrong = new ArrayList<>();
    compare("loss", golden, golden.losses(), MetricsFile.trained(run, "loss"), wrong);
    compare("grad_norm", golden, golden.norms(), MetricsFile.trained(run, "grad_norm"), wrong);
    assertEquals(List.of(), wrong);
  }

  private static void compare(
      String what,
      GoldenModel golden,
      List<Double> expected,
      List<Double> found,
      List<String> wrong) {
    assertEquals(expected.size(), found.size(), what);
    for (int i = 0; i < expected.size(); i++) {
      int step = i + 1;
      double difference = Math.abs(found.get(i) - expected.get(i));
      double relative = Math.max(tolerance(step), known(golden.losses().get(i)));
      double allowed = relative * Math.abs(expected.get(i));
      if (!(difference <= allowed)) {
        wrong.add(
            "step %d: %s %s, expected %s within %.1e"
                .formatted(step, what, found.get(i), expected.get(i), allowed));
      }
    }
  }

  /**
   * A loss near zero is the logarithm of a number near one: it and the gradient, which is the rest
   * to one, are known to one unit in the last place of that.
   */
  private static double known(double loss) {
    return Math.ulp(1f) / loss;
  }

  /** 1e-5 at the first step, 1e-4 at the fifth, 1e-3 at the twentieth, and evenly between. */
  private static double tolerance(int step) {
    return Math.pow(10, step <= 5 ? -5 + (step - 1) / 4.0 : -4 + (step - 5) / 15.0);
  }
}

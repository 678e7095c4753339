package dev.belay.tools.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.savedmodel.Agreement;
import dev.belay.tools.ProgramRun;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A run whose batches are shared between two devices is the run on one. */
@Tag("long")
class DataParallelTest {
  private static final Path FIXTURE =
      Path.of("..", "savedmodel", "src", "test", "fixtures", "savedmodel_hf_bert");
  private static final int STEPS = 8;

  @TempDir private Path folder;

  private ProgramRun train(String device, String... more) {
    String data = FIXTURE.resolve("batch.jsonl").toString();
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "train",
                "--model=" + FIXTURE.resolve("saved_model"),
                "--train-file=" + data,
                "--validation-file=" + data,
                "--train-batch-size=3", // three rows and one: uneven, and fewer than devices
                "--max-steps=" + STEPS,
                "--learning-rate=1e-4",
                "--max-grad-norm=0.5",
                "--dropout=off",
                "--threads=1",
                "--report=none",
                "--save-total-limit=1",
                "--device=" + device,
                "--output-dir=" + folder.resolve(device)));
    arguments.addAll(List.of(more));
    return ProgramRun.of(arguments);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void twoDevicesTrainAsOne(int accumulated) throws IOException {
    for (String device : List.of("cpu", "cpu:0,1")) {
      ProgramRun run = train(device, "--gradient-accumulation-steps=" + accumulated);
      assertEquals(0, run.code(), run.err());
    }
    for (String norm : List.of("grad_norm", "grad_norm_clipped")) {
      assertEquals(STEPS, MetricsFile.trained(folder.resolve("cpu:0,1"), norm).size());
      Agreement.assertTrained(
          MetricsFile.trained(folder.resolve("cpu"), "loss"),
          MetricsFile.trained(folder.resolve("cpu"), norm),
          MetricsFile.trained(folder.resolve("cpu:0,1"), "loss"),
          MetricsFile.trained(folder.resolve("cpu:0,1"), norm));
    }
    List<Double> alone = MetricsFile.evaluated(folder.resolve("cpu"), "loss");
    List<Double> shared = MetricsFile.evaluated(folder.resolve("cpu:0,1"), "loss");
    assertEquals(alone.get(alone.size() - 1), shared.get(shared.size() - 1), 1e-5);
    assertTrue(alone.get(0) - alone.get(alone.size() - 1) > 1e-3, "nothing was learned");
  }

  @Test
  void aGpuThatIsNotThereIsRefused() {
    ProgramRun run = train("gpu:77");
    assertEquals(5, run.code(), run.err());
    assertTrue(
        run.err()
            .contains(
                "belay train: --device gpu:77: TensorFlow has no such GPU here; `belay doctor` shows"
                    + " which it has, or what is missing, and --device auto takes what there is"),
        run.err());
  }

  @Test
  void devicesThatCannotShareAreRefused() {
    assertTrue(
        train("gpu:0,0").err().contains("--device: expected each device once, found gpu:0,0"));
    assertTrue(
        train("cpu:0,1", "--norm-compatibility=tf")
            .err()
            .contains(
                "--norm-compatibility tf counts the rows of one batch, --device cpu:0,1 shares it"
                    + " between devices: choose one"));
  }
}

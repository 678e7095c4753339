package dev.belay.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.belay.train.config.TrainConfig;
import dev.belay.train.event.RunEvent;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A run that was stopped and goes on is the run that was not stopped, to the last bit. */
final class ResumeTest {
  @TempDir Path folder;

  private Path file(String name) {
    return folder.resolve(name);
  }

  private void assertSame(SmallRun expected, SmallRun found) throws IOException {
    assertEquals(Optional.empty(), found.stopped());
    assertEquals(expected.metrics(), found.metrics());
    assertEquals(expected.weights(), found.weights());
  }

  /** Steps 3 and 6 end an epoch, 4 and 8 are evaluated, 2, 4, 6 and 8 are saved anyway. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void stopsAfterManyStepsChangeNothing(int threads) throws IOException {
    SmallRun.Setting setting = SmallRun.Setting.of(folder).with(threads);
    SmallRun whole = SmallRun.whole(setting.config(file("whole")));
    TrainConfig config = setting.config(file("stopped"));
    SmallRun run = null;
    for (int step : new int[] {1, 3, 4, 5, 8}) {
      run = SmallRun.until(config, SmallRun.step(step));
      assertEquals(
          "stopped by a test after step "
              + step
              + ", whose checkpoint is written; run the same command to go on",
          run.stopped().orElseThrow());
    }
    SmallRun end = SmallRun.whole(config);
    assertSame(whole, end);
    assertEquals(
        List.of(
            new RunEvent.Resumed(8, config.outputDirectory().resolve("checkpoints/step-00000008"))),
        end.events().stream().filter(event -> event instanceof RunEvent.Resumed).toList());
  }
}

package dev.belay.train.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.train.config.ConfigBinder;
import dev.belay.train.config.LoopConfig;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RunNeedsTest {
  /** Weights, gradients and two slots of 1 GB each. */
  private static final RunNeeds FOUR =
      new RunNeeds(1_000_000_000L, 1_000_000_000L, 1_000_000_000L, 2, 0);

  @TempDir Path folder;

  @Test
  void aMinimumAboveNineTenthsOfMemoryIsAWarning() {
    assertEquals(Optional.empty(), FOUR.memoryWarning(OptionalLong.empty()));
    assertEquals(Optional.empty(), FOUR.memoryWarning(OptionalLong.of(4_500_000_000L)));
    String warning = FOUR.memoryWarning(OptionalLong.of(4_400_000_000L)).orElseThrow();
    assertTrue(
        warning.startsWith(
            "weights, gradients and optimizer need 4.0 GB of memory, without activations, but only"
                + " 4.4 GB is available"),
        warning);
  }

  /** Half of the weights: without gradient and slots, 1 and 3 halves. */
  @Test
  void rowsThatNoTextUsesNeedTheirWeightsAlone() {
    RunNeeds some = new RunNeeds(1_000_000_000L, 1_000_000_000L, 1_000_000_000L, 2, 500_000_000L);
    assertEquals(Optional.empty(), some.memoryWarning(OptionalLong.of(2_800_000_000L)));
    String warning = some.memoryWarning(OptionalLong.of(2_700_000_000L)).orElseThrow();
    assertTrue(warning.contains(" need 2.5 GB of memory"), warning);
  }

  @Test
  void theDiskNeedsSpaceForKeptCheckpointsAndTheExport() {
    LoopConfig loop =
        ConfigBinder.with(LoopConfig.defaults(), "save-steps", OptionalInt.of(10)); // 5
    RunNeeds small = new RunNeeds(1000, 1000, 1000, 2, 0);
    assertEquals(Optional.empty(), small.diskWarning(loop, 45, 15, folder));
    RunNeeds huge = new RunNeeds(1L << 50, 1L << 50, 1L << 50, 2, 0);
    String all = huge.diskWarning(loop, 45, 15, folder).orElseThrow();
    assertTrue(
        all.startsWith(
            "5 checkpoints of 3377699.7 GB and an export of 1125899.9 GB will be written to "),
        all);
    LoopConfig two = ConfigBinder.with(loop, "save-total-limit", OptionalInt.of(2));
    String kept = huge.diskWarning(two, 45, 15, folder).orElseThrow();
    assertTrue(kept.startsWith("2 checkpoints of "), kept);
    LoopConfig epochs = ConfigBinder.with(LoopConfig.defaults(), "save-epochs", true);
    String each = huge.diskWarning(epochs, 45, 15, folder).orElseThrow();
    assertTrue(each.startsWith("3 checkpoints of "), each);
    String last = huge.diskWarning(LoopConfig.defaults(), 45, 15, folder).orElseThrow();
    assertTrue(last.startsWith("a checkpoint of "), last);
  }
}

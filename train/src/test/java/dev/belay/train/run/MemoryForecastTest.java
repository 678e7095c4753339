package dev.belay.train.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** The forecast against what a machine or a control group has left. */
final class MemoryForecastTest {
  private static final long GIGABYTE = 1_000_000_000;

  private static final MemoryForecast LARGE =
      new MemoryForecast(GIGABYTE, GIGABYTE, 2 * GIGABYTE, 5 * GIGABYTE, new LongestBatch(8, 256));

  @Test
  void moreThanThereIsIsAWarning() {
    long enough = 20 * GIGABYTE;
    assertEquals(Optional.empty(), LARGE.warning(OptionalLong.empty()));
    assertEquals(Optional.empty(), LARGE.warning(OptionalLong.of(enough)));
    String warning = LARGE.warning(OptionalLong.of(7 * GIGABYTE)).orElseThrow();
    assertTrue(warning.startsWith("the training will take about "), warning);
    assertTrue(warning.contains(" at 8 x 256 tokens: weights 1.0 GB, gradients 1.0 GB,"), warning);
    assertTrue(warning.contains("; the machine or its control group has only 7.0 GB for"), warning);
    assertTrue(warning.contains(" Use --gradient-checkpointing, "), warning);
  }

  @Test
  void theTermsAreTheTotal() {
    assertTrue(LARGE.total() > 9 * GIGABYTE, LARGE.note());
    assertTrue(LARGE.note().startsWith("memory: about "), LARGE.note());
  }
}

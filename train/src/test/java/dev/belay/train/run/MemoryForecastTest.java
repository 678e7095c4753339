package dev.belay.train.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
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

  /** A forecast costs time: it is made where what is held for certain is much, or a batch large. */
  @Test
  void aRunAsksForOneWhereMemoryMayDecide() {
    MemoryForecast small = new MemoryForecast(90, 90, 180, 0, new LongestBatch(32, 64));
    assertFalse(small.mayExceed(OptionalLong.empty()));
    assertFalse(small.mayExceed(OptionalLong.of(8 * (90 + 90 + 180 + 315))));
    assertTrue(small.mayExceed(OptionalLong.of(8 * (90 + 90 + 180 + 315) - 8)));
    MemoryForecast longTexts = new MemoryForecast(90, 90, 180, 0, new LongestBatch(32, 512));
    assertTrue(longTexts.mayExceed(OptionalLong.of(Long.MAX_VALUE)));
  }

  @Test
  void theTermsAreTheTotal() {
    assertTrue(LARGE.total() > 9 * GIGABYTE, LARGE.note());
    assertTrue(LARGE.note().startsWith("memory: about "), LARGE.note());
  }
}

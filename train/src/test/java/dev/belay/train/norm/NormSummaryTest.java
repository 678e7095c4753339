package dev.belay.train.norm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.FloatRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class NormSummaryTest {

  @Test
  void percentilesAreNumPysAndTheFractionCountsAllSteps() {
    NormSummary summary = new NormSummary();
    for (int i = 100; i >= 1; i--) {
      summary.add(i, i > 75);
    }
    summary.add(Float.NaN, false);
    Map<String, Double> percentiles = summary.percentiles();
    // numpy.percentile(range(1, 101), [1, 10, 25, 50, 75, 90, 99])
    assertEquals(1.99, percentiles.get("p1"), 1e-9);
    assertEquals(10.9, percentiles.get("p10"), 1e-9);
    assertEquals(25.75, percentiles.get("p25"), 1e-9);
    assertEquals(50.5, percentiles.get("p50"), 1e-9);
    assertEquals(75.25, percentiles.get("p75"), 1e-9);
    assertEquals(90.1, percentiles.get("p90"), 1e-9);
    assertEquals(99.01, percentiles.get("p99"), 1e-9);
    assertEquals(100, percentiles.get("max"));
    assertEquals(25.0 / 101, summary.clippedFraction(), 1e-12);
    assertEquals(1, summary.notFinite());
    assertEquals(101, summary.steps());
  }

  @Test
  void nothingHasNoPercentiles() {
    NormSummary summary = new NormSummary();
    assertTrue(summary.percentiles().isEmpty());
    assertEquals(0, summary.clippedFraction());
    summary.add(Float.POSITIVE_INFINITY, true);
    assertTrue(summary.percentiles().isEmpty());
  }

  @Property(tries = 50)
  void percentilesRiseAndStayAmongTheValues(
      @ForAll @Size(min = 1, max = 3000) float @FloatRange(min = 0, max = 1e6f) [] norms) {
    NormSummary summary = new NormSummary();
    float least = Float.MAX_VALUE;
    for (float norm : norms) {
      summary.add(norm, false);
      least = Math.min(least, norm);
    }
    double below = least;
    for (double percentile : summary.percentiles().values()) {
      assertTrue(percentile >= below, () -> summary.percentiles().toString());
      below = percentile;
    }
  }
}

package dev.belay.train.report.html;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SeriesTest {

  @Test
  void aLongCurveKeepsItsSpikesAndItsNaN() {
    Series series = new Series("loss");
    for (int step = 1; step <= 1_000_000; step++) {
      double value = Math.sin(step / 1e5);
      series.add(
          step, step == 333_333 ? 50 : step == 444_444 ? -50 : step == 7 ? Double.NaN : value);
    }
    Series thin = series.thinned();
    assertTrue(thin.size() <= 2001, "points: " + thin.size());
    assertEquals(
        3,
        IntStream.range(0, thin.size())
            .filter(i -> Math.abs(thin.value(i)) == 50 || Double.isNaN(thin.value(i)))
            .count());
    for (int i = 1; i < thin.size(); i++) {
      assertTrue(thin.step(i) > thin.step(i - 1), "steps rise");
    }
  }

  @Test
  void aShortCurveIsLeftAlone() {
    Series series = new Series("loss");
    series.add(1, 0.5);
    assertSame(series, series.thinned());
  }

  @Test
  void smoothingHasNoBiasAndPassesOverWhatIsNotFinite() {
    Series series = new Series("loss");
    series.add(1, 2);
    series.add(2, Double.NaN);
    series.add(3, 2);
    series.add(4, 4);
    Series smooth = series.smoothed("smooth", 2);
    assertEquals(3, smooth.size());
    assertEquals(2, smooth.value(0), 1e-12);
    assertEquals(2, smooth.value(1), 1e-12);
    // weights 1/8, 1/4, 1/2 of 2, 2, 4
    assertEquals((2 / 8.0 + 2 / 4.0 + 4 / 2.0) / (7 / 8.0), smooth.value(2), 1e-12);
    assertEquals(4, smooth.step(2));
  }

  @Test
  void jsonHasSixDigitsAndWordsForWhatIsNoNumber() {
    Series series = new Series("</script>");
    series.add(1, 1.23456789e-5);
    series.add(2, Double.NEGATIVE_INFINITY);
    ObjectNode object = JsonNodeFactory.instance.objectNode();
    series.writeTo(object);
    assertEquals(
        "{\"name\":\"</script>\",\"x\":[1,2],\"y\":[0.0000123457,\"-Infinity\"]}",
        object.toString());
  }
}

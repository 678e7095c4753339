package dev.belay.tools.console;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

final class FiguresTest {
  @Test
  void numbersKeepTheDigitsThatMatter() {
    assertEquals("0.6931", Figures.number(0.693147));
    assertEquals("0.0000", Figures.number(0));
    assertEquals("12.35", Figures.number(12.345678));
    assertEquals("178.1", Figures.number(178.09));
    assertEquals("1.00e-05", Figures.number(1e-5));
    assertEquals("-3.20e+09", Figures.number(-3.2e9));
    assertEquals("NaN", Figures.number(Double.NaN));
  }

  @Test
  void durationsReadLikeAClock() {
    assertEquals("0:00", Figures.duration(0.2));
    assertEquals("1:00", Figures.duration(59.6));
    assertEquals("59:59", Figures.duration(3599));
    assertEquals("3:00:17", Figures.duration(3 * 3600 + 17));
  }
}

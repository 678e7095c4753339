package dev.belay.tools.fuzz;

import java.util.List;
import java.util.Random;

/** Chance that repeats: all choices of a case come from its seed. */
final class Dice {
  /** Numbers at the edges of what formats and readers can hold. */
  private static final long[] EDGES = {
    0,
    1,
    -1,
    2,
    -2,
    7,
    8,
    127,
    128,
    254,
    255,
    256,
    65_535,
    65_536,
    1 << 20,
    Integer.MAX_VALUE,
    Integer.MIN_VALUE,
    1L << 31,
    1L << 32,
    1L << 40,
    1L << 60,
    1L << 62,
    Long.MAX_VALUE,
    Long.MIN_VALUE,
    Long.MAX_VALUE - 7
  };

  private static final List<String> ODD_TEXTS =
      List.of(
          "",
          " ",
          "^",
          ":",
          "^^a",
          "a:b:c",
          "a:-1",
          "a:99999999999",
          ":0",
          "/",
          "..",
          "../../etc",
          "/etc/passwd",
          "a\0b",
          "\n",
          "\u0000",
          "\ud83d\ude00",
          "é",
          "%s%n",
          "_a",
          "__inference",
          "$1",
          "\\",
          "NaN",
          "-1",
          "a".repeat(9000),
          "x/".repeat(300));

  private final Random random;

  Dice(long seed) {
    // Seeds beside each other give streams that begin alike, unless they are mixed.
    this.random = new Random(seed * 0x9E3779B97F4A7C15L);
    random.nextLong();
  }

  /** From 0, below {@code bound}. */
  int below(int bound) {
    return random.nextInt(bound);
  }

  boolean chance(int percent) {
    return random.nextInt(100) < percent;
  }

  <T> T of(List<T> choices) {
    return choices.get(random.nextInt(choices.size()));
  }

  long number() {
    return switch (random.nextInt(4)) {
      case 0 -> random.nextInt(16);
      case 1 -> random.nextLong();
      default -> EDGES[random.nextInt(EDGES.length)];
    };
  }

  String oddText() {
    return of(ODD_TEXTS);
  }

  byte[] bytes(int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return bytes;
  }
}

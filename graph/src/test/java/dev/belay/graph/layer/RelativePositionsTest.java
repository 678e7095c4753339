package dev.belay.graph.layer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RelativePositionsTest {
  /** What Hugging Face's formula gives for the buckets of every published T5. */
  @Test
  void farDistancesShareBuckets() {
    RelativePositions.Buckets decoder = new RelativePositions.Buckets(32, 128, false);
    assertArrayEquals(
        new int[] {0, 1, 15, 16, 16, 17, 21, 23, 26, 31, 31, 31},
        buckets(decoder, 0, -1, -15, -16, -18, -19, -32, -45, -64, -113, -128, -100_000));
    assertArrayEquals(new int[] {0, 0, 0}, buckets(decoder, 1, 2, 500));
    RelativePositions.Buckets encoder = new RelativePositions.Buckets(32, 128, true);
    assertArrayEquals(
        new int[] {0, 1, 7, 8, 10, 12, 14, 15, 15, 17, 23, 24, 26, 28, 30, 31},
        buckets(encoder, 0, -1, -7, -8, -16, -32, -64, -91, -999, 1, 7, 8, 16, 32, 64, 999));
  }

  @Test
  void bucketsThatCannotBeAreRefused() {
    assertEquals(
        "Relative positions need at least 4 buckets, and a farthest distance beyond the 0 that have"
            + " a bucket of their own; found 2 buckets and the distance 20.",
        assertThrows(
                IllegalArgumentException.class, () -> new RelativePositions.Buckets(2, 20, true))
            .getMessage());
    assertThrows(IllegalArgumentException.class, () -> new RelativePositions.Buckets(8, 4, false));
  }

  private static int[] buckets(RelativePositions.Buckets buckets, int... relative) {
    return IntStream.of(relative).map(buckets::of).toArray();
  }
}

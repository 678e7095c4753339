package dev.belay.graph.layer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import dev.belay.savedmodel.Fixtures;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class DistanceBucketsTest {
  @Test
  void numbersAreThoseOfPython() throws IOException {
    for (JsonNode golden : Fixtures.json(Fixtures.path("deberta", "buckets.json"))) {
      int buckets = golden.get("buckets").asInt();
      int farthest = golden.get("farthest").asInt();
      DistanceBuckets numbers = new DistanceBuckets(buckets, buckets, farthest);
      int count = golden.get("numbers").size();
      for (int i = 0; i < count; i++) {
        int distance = i - count / 2;
        assertEquals(
            golden.get("numbers").get(i).asInt(),
            numbers.of(distance),
            buckets + " buckets to " + farthest + ", distance " + distance);
      }
    }
  }

  @Test
  void withoutBucketsEachDistanceHasItsNumber() {
    DistanceBuckets numbers = new DistanceBuckets(3, 0, 3);
    assertEquals(6, numbers.count());
    assertEquals(0, numbers.of(-9));
    assertEquals(0, numbers.of(-3));
    assertEquals(1, numbers.of(-2));
    assertEquals(3, numbers.of(0));
    assertEquals(5, numbers.of(2));
    assertEquals(5, numbers.of(3));
  }

  @Test
  void bucketsNeedFartherDistances() {
    assertEquals(
        "Distances need a span of at least 1, and buckets, if there are any, at least 2 of them"
            + " and a farthest distance of more than half of them and 1; found the span 8, 8"
            + " buckets and the distance 5.",
        assertThrows(IllegalArgumentException.class, () -> new DistanceBuckets(8, 8, 5))
            .getMessage());
  }
}

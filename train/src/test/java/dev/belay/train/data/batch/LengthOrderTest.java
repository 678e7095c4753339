package dev.belay.train.data.batch;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.belay.train.data.example.Dataset;
import dev.belay.train.data.example.EncodedExample;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class LengthOrderTest {

  private static List<Integer> lengths(Dataset dataset) {
    return dataset.examples().stream().map(EncodedExample::length).toList();
  }

  @Property(tries = 200)
  void resultsComeInTheOrderOfTheData(
      @ForAll @IntRange(min = 1, max = 60) int size,
      @ForAll @IntRange(min = 1, max = 70) int window,
      @ForAll boolean masked) {
    int[] lengths = IntStream.range(0, size).map(i -> 1 + i * 7 % 11).toArray();
    Dataset dataset = masked ? Examples.masked(lengths) : Examples.unmasked(lengths);
    LengthOrder order = LengthOrder.of(dataset, window);
    List<EncodedExample> passed = new ArrayList<>();
    Consumer<EncodedExample> restoring = order.restoring(passed::add);
    order.sorted().examples().forEach(restoring);
    assertEquals(dataset.examples(), passed);
  }

  @Test
  void windowsAreSortedTheLongestFirst() {
    Dataset dataset = Examples.masked(3, 9, 4, 8, 1, 2, 7);
    assertEquals(List.of(9, 8, 4, 3, 7, 2, 1), lengths(LengthOrder.of(dataset, 4).sorted()));
  }

  @Test
  void aModelThatSeesPaddingKeepsTheOrderOfTheData() {
    Dataset dataset = Examples.unmasked(3, 9, 4, 8);
    assertEquals(List.of(3, 9, 4, 8), lengths(LengthOrder.of(dataset, 4).sorted()));
  }

  @Test
  void resultsArePassedOnWindowByWindow() {
    LengthOrder order = LengthOrder.of(Examples.masked(1, 2, 3), 2);
    List<String> passed = new ArrayList<>();
    Consumer<String> restoring = order.restoring(passed::add);
    restoring.accept("second");
    assertEquals(List.of(), passed);
    restoring.accept("first");
    assertEquals(List.of("first", "second"), passed);
    restoring.accept("third");
    assertEquals(List.of("first", "second", "third"), passed);
  }

  @Test
  void largeResultsMakeSmallWindowsOfWholeBatches() {
    int[] lengths = IntStream.range(1, 10).toArray();
    Dataset dataset = Examples.masked(lengths);
    assertEquals(
        List.of(4, 3, 2, 1, 8, 7, 6, 5, 9), lengths(LengthOrder.of(dataset, 4, 1L << 40).sorted()));
    assertEquals(
        List.of(8, 7, 6, 5, 4, 3, 2, 1, 9), lengths(LengthOrder.of(dataset, 4, 1 << 19).sorted()));
    assertEquals(
        List.of(9, 8, 7, 6, 5, 4, 3, 2, 1), lengths(LengthOrder.of(dataset, 4, 2).sorted()));
  }
}

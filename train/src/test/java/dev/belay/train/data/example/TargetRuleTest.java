package dev.belay.train.data.example;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.belay.train.data.DataException;
import dev.belay.train.data.SourcePosition;
import java.nio.file.Path;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class TargetRuleTest {
  private static final int PADDING = 1;
  private static final TargetRule LANGUAGE = new TargetRule(OptionalInt.empty(), OptionalInt.of(4));

  @Test
  void decodersReadAStartTokenThenTheTarget() {
    int[] read = TargetRule.begin(9).input(new int[] {5, -100, 7}, PADDING);
    assertArrayEquals(new int[] {9, 5, PADDING}, read);
  }

  /** As shift_tokens_right of mBART, which counts tokens from the left. */
  @Test
  void mBartReadsTheLastTokenFirst() {
    assertArrayEquals(new int[] {8, 5, 2, 8}, LANGUAGE.input(new int[] {5, 2, 8, -100}, PADDING));
    assertArrayEquals(
        new int[] {2, 5, PADDING, 2}, LANGUAGE.input(new int[] {5, -100, 2, 8}, PADDING));
    assertArrayEquals(new int[] {PADDING}, LANGUAGE.input(new int[] {-100}, PADDING));
  }

  @Test
  void textsLongerThanThePositionsAreRefused() {
    SourcePosition position = SourcePosition.line(Path.of("a.jsonl"), 3);
    LANGUAGE.requireFits(position, 4);
    assertThrows(DataException.class, () -> LANGUAGE.requireFits(position, 5));
  }
}

package dev.belay.train.failure;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

final class NearestNameTest {
  private static final List<String> NAMES = List.of("--learning-rate", "--seed", "--model");

  @Test
  void theNameWithTheFewestEditsIsSuggested() {
    assertEquals(
        "; did you mean --learning-rate?", NearestName.suggestion("--leraning-rate", NAMES));
    assertEquals("; did you mean --seed?", NearestName.suggestion("--SEEDS", NAMES));
  }

  @Test
  void nothingIsSuggestedForANameLikeNoOther() {
    assertEquals("", NearestName.suggestion("--precision", NAMES));
    assertEquals("", NearestName.suggestion("--precision", List.of()));
  }
}

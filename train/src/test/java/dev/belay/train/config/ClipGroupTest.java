package dev.belay.train.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ClipGroupTest {

  @Test
  void isReadAsItIsWritten() {
    ClipGroup group = ClipGroup.parse("layer=\\d+/kernel=Global_Norm:0.5");
    assertEquals(ClipConfig.Mode.GLOBAL_NORM, group.mode());
    assertEquals(0.5, group.value());
    assertTrue(group.holds("x/layer=3/kernel"));
    assertFalse(group.holds("x/layer=3/bias"));
    assertEquals("layer=\\d+/kernel=global_norm:0.5", group.toString());
    assertEquals("head=none", ClipGroup.parse("head=none").toString());
  }

  @ParameterizedTest
  @ValueSource(strings = {"head", "=norm:1", "head=norm", "head=none:1", "head=norm:one"})
  void refusesWhatIsNoGroup(String text) {
    assertEquals(
        "--clip-group: expected REGEX=MODE:VALUE, such as embeddings=norm:0.5, or REGEX=none, found "
            + text,
        refusal(text));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "head=sideways:1 | expected one of the modes global_norm, norm, value, adaptive, auto, none,"
            + " found head=sideways:1",
        "he(ad=norm:1 | expected a regular expression, found he(ad=norm:1: Unclosed group",
        "head=norm:0 | expected a finite number above 0, found norm:0.0",
        "head=norm:NaN | expected a finite number above 0, found norm:NaN",
        "head=auto:101 | expected a percentile above 0 and at most 100, found auto:101.0"
      })
  void saysWhatIsWrong(String text, String problem) {
    assertEquals("--clip-group: " + problem, refusal(text));
  }

  private static String refusal(String text) {
    return assertThrows(ConfigException.class, () -> ClipGroup.parse(text)).getMessage();
  }
}

package dev.belay.train.tokenize.regex;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PatternWorkTest {
  private static final String GPT2 =
      "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

  /** The patterns of tokenizers that many people use. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        GPT2,
        "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}|"
            + " ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
        "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}++|\\p{N}{1,3}+|"
            + " ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*+|\\s++$|\\s*[\\r\\n]|\\s+(?!\\S)|\\s",
        "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+"
            + "(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}"
            + "\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\\p{N}{1,3}|"
            + " ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
        "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}"
            + "\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
        "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+",
        " ?[^(\\s|[.,!?…。，、।۔،])]+",
        "\\d{1,3}(?=(?:\\d{3})*\\b)",
        "(?=(\\d{3})+(?!\\d))",
        "[一-龥぀-ゟ゠-ヿ]+",
        " {2,}",
        "\\s+",
        "[0-9][0-9][0-9]",
        "(?<=[a-z])(?=[A-Z])",
        "\\s?\\p{L}+|\\s?\\p{N}+|\\R",
        "[\\p{Han}&&[^\\p{P}]]+",
        "(a|a)*"
      })
  void realPatternsAreBounded(String pattern) throws UnprovenPatternException {
    assertTrue(PatternWork.of(pattern).power() <= 1, pattern);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "(x+x+)+y",
        "(a|aa)+$",
        "(a|a)*b",
        "(\\w+\\s?)+!",
        "((?:ab)+|(?:ab)+)*c",
        "(\\s|\\p{Z})+x",
        "([a-z]+)*1",
        "(.*,){20}P",
        "^(([a-z])+.)+[A-Z]([a-z])+$",
        "(?:\\p{N}{1,3})+x"
      })
  void doublingPatternsAreRefused(String pattern) {
    String message =
        assertThrows(UnprovenPatternException.class, () -> PatternWork.of(pattern)).getMessage();
    assertTrue(
        message.contains("doubles with each letter") || message.contains("to the power of"),
        message);
  }

  @Test
  void thePowerIsThatOfTheLoopsBehindEachOther() throws UnprovenPatternException {
    assertEquals(0, PatternWork.of("a+").power());
    assertEquals(1, PatternWork.of("a+b").power());
    assertEquals(1, PatternWork.of("a+b+c").power(), "no letter is both");
    assertEquals(2, PatternWork.of("\\w+\\d+!").power());
    assertEquals(1, PatternWork.of("\\w+ \\d+!").power(), "the blank divides them");
    String three = message("\\w+\\d+\\w+!");
    assertTrue(three.contains("to the power of 3"), three);
    assertTrue(PatternWork.of("x+y").letters().get('x'));
    assertEquals(1, PatternWork.of("x+y").letters().cardinality());
  }

  @Test
  void manyWaysWithoutALoopAreCounted() {
    assertTrue(message("(a|a){30}b").contains("too many ways"));
    assertTrue(message("(a?){40}b").contains("too many ways"), message("(a?){40}b"));
  }

  @Test
  void whatIsNotKnownIsRefusedWithItsPlace() {
    assertEquals("at character 5 it has \\1", message("(a)\\1+"));
    assertEquals("at character 3 it has the option x", message("(?x:a b)"));
    assertTrue(message("(?~abc)").contains("it has the option ~"));
    assertTrue(message("(a*)*b").contains("what may match nothing"));
    assertTrue(message("(?i:a+)b").contains("an endless repeat that ignores case"));
    assertTrue(message("a{1000000}").contains("more than 100000 repeats"));
    assertTrue(message("(a{100}){100}").contains("too large"));
    assertTrue(message("(?<=a+)b").contains("look-behind"));
    assertTrue(message("(".repeat(100)).contains("nest more than"));
    assertTrue(message("a)").contains("closes nothing"));
    assertTrue(message("[a").contains("an end where more is expected"));
  }

  private static String message(String pattern) {
    return assertThrows(UnprovenPatternException.class, () -> PatternWork.of(pattern)).getMessage();
  }
}

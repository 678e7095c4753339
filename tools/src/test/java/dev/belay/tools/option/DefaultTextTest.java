package dev.belay.tools.option;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

final class DefaultTextTest {
  @Test
  void numbersAreWrittenAsAUserWould() {
    assertEquals("5e-5", DefaultText.text(5e-5));
    assertEquals("1.5e-8", DefaultText.text(1.5e-8));
    assertEquals("1e10", DefaultText.text(1e10));
    assertEquals("0.999", DefaultText.text(0.999));
    assertEquals("100", DefaultText.text(100));
    assertEquals("0", DefaultText.text(0));
    assertEquals("-2.5e-4", DefaultText.text(-2.5e-4));
  }

  @Property
  void theParserReadsTheSameNumberBack(@ForAll double number) {
    assertTrue(number == Double.parseDouble(DefaultText.text(number)));
  }
}

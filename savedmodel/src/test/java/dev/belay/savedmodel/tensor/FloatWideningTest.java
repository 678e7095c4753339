package dev.belay.savedmodel.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FloatWideningTest {
  /** Values of IEEE 754 binary16 that are written in its tables. */
  @ParameterizedTest
  @CsvSource({
    "0000, 0.0",
    "8000, -0.0",
    "3c00, 1.0",
    "c000, -2.0",
    "7bff, 65504.0",
    "0400, 6.103515625E-5",
    "0001, 5.9604644775390625E-8",
    "03ff, 6.097555160522461E-5",
    "3555, 0.333251953125",
    "7c00, Infinity",
    "fc00, -Infinity",
    "7e00, NaN"
  })
  void everyKindOfFloat16IsExact(String bits, float value) {
    assertEquals(value, FloatWidening.fromFloat16((short) Integer.parseInt(bits, 16)));
  }

  /** Between two neighbours of float16 there is no third: order and distance are kept. */
  @Test
  void finiteFloat16sRise() {
    float before = Float.NEGATIVE_INFINITY;
    for (int bits = 0; bits < 0x7c00; bits++) {
      float value = FloatWidening.fromFloat16((short) bits);
      assertEquals(1, Float.compare(value, before), "bits " + bits);
      assertEquals(-value, FloatWidening.fromFloat16((short) (bits | 0x8000)));
      before = value;
    }
  }
}

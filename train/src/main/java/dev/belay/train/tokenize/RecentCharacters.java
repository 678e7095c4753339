package dev.belay.train.tokenize;

import java.util.Arrays;
import java.util.OptionalInt;

/**
 * Letters, marks and digits that Unicode took in with versions 15 to 17. Releases of Hugging Face's
 * tokenizers have tables of different versions of Unicode, so that one takes such a character for a
 * letter, and divides words accordingly, that another takes for a symbol. All that came before is
 * the same in tokenizers 0.13 and 0.23.
 */
final class RecentCharacters {
  /** First and last of each range, in ascending order: rows of Unicode's DerivedAge.txt, rounded. */
  private static final int[] RANGES = {
    0x088F, 0x088F, 0x0897, 0x0897, 0x0C5C, 0x0C5C, 0x0CDC, 0x0CDC, 0x0CF3, 0x0CF3,
    0x0ECE, 0x0ECE, 0x1C89, 0x1C8A, 0xA7CB, 0xA7CF, 0xA7D2, 0xA7D2, 0xA7D4, 0xA7D4,
    0xA7DA, 0xA7DC, 0xA7F1, 0xA7F1, 0x105C0, 0x105FF, 0x10940, 0x1095F, 0x10D40, 0x10D8F,
    0x10EC2, 0x10EC7, 0x10EFA, 0x10EFF, 0x1123F, 0x11241, 0x11380, 0x113FF, 0x116D0, 0x116FF,
    0x11B60, 0x11B7F, 0x11BC0, 0x11BFF, 0x11DB0, 0x11DFF, 0x11F00, 0x11F5F, 0x1342F, 0x1342F,
    0x13439, 0x143FF, 0x16100, 0x1613F, 0x16D40, 0x16D7F, 0x16EA0, 0x16EDF, 0x16FF2, 0x16FF6,
    0x187F8, 0x187FF, 0x18CFF, 0x18CFF, 0x18D09, 0x18DFF, 0x1B132, 0x1B132, 0x1B155, 0x1B155,
    0x1CCF0, 0x1CCF9, 0x1D2C0, 0x1D2DF, 0x1DF25, 0x1DF2F, 0x1E030, 0x1E08F, 0x1E4D0, 0x1E4FF,
    0x1E5D0, 0x1E5FF, 0x1E6C0, 0x1E6FF, 0x2B739, 0x2B73F, 0x2CEA2, 0x2CEAF, 0x2EBF0, 0x2EE5F,
    0x31350, 0x3347F
  };

  private RecentCharacters() {}

  /** The first such character of a text, if it has one. */
  static OptionalInt first(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) >= RANGES[0]) {
        return text.codePoints().filter(RecentCharacters::isRecent).findFirst();
      }
    }
    return OptionalInt.empty();
  }

  private static boolean isRecent(int character) {
    int at = Arrays.binarySearch(RANGES, character);
    // Between the first and the last of a range, the place to insert at is odd.
    return at >= 0 || (-at - 1) % 2 == 1;
  }
}

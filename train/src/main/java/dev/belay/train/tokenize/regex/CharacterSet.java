package dev.belay.train.tokenize.regex;

import java.util.BitSet;
import java.util.Locale;
import java.util.function.IntPredicate;

/**
 * Code points that a letter of a pattern matches. Versions of Unicode differ, so there are two
 * sets: what it may match and what it matches for sure.
 *
 * @param may all that some version matches
 * @param must all that every version matches
 */
record CharacterSet(BitSet may, BitSet must) {
  static final int SIZE = Character.MAX_CODE_POINT + 1;

  static final CharacterSet ALL = new CharacterSet(range(0, SIZE), range(0, SIZE));

  /** A set with unknown members. */
  static final CharacterSet UNKNOWN = new CharacterSet(range(0, SIZE), new BitSet());

  static final CharacterSet SPACE =
      ofSure(range(9, 14), point(' '), point(0x85), point(0xa0), point(0x1680))
          .or(ofSure(range(0x2000, 0x200b), point(0x2028), point(0x2029), point(0x202f)))
          .or(ofSure(point(0x205f), point(0x3000)))
          .or(new CharacterSet(point(0x180e), new BitSet()));

  static final CharacterSet HEX_DIGIT =
      ofSure(range('0', '9' + 1), range('a', 'f' + 1), range('A', 'F' + 1));

  static final CharacterSet NOT_NEWLINE = of('\n', '\n').not();

  private static BitSet range(int from, int end) {
    BitSet set = new BitSet();
    set.set(from, end);
    return set;
  }

  private static BitSet point(int point) {
    return range(point, point + 1);
  }

  private static CharacterSet ofSure(BitSet... sets) {
    BitSet all = new BitSet();
    for (BitSet set : sets) {
      all.or(set);
    }
    return new CharacterSet(all, all);
  }

  /** From one code point to another, which is one of them. */
  static CharacterSet of(int first, int last) {
    return ofSure(range(first, last + 1));
  }

  /** Digits of any script. */
  static CharacterSet digit() {
    return where(point -> Character.getType(point) == Character.DECIMAL_DIGIT_NUMBER);
  }

  /** Letters, marks, numbers and joiners; of marks and numbers no one is sure. */
  static CharacterSet word() {
    CharacterSet sure = where(CharacterSet::isSurelyWord);
    CharacterSet maybe = category("M").or(category("N")).or(category("Pc"));
    return sure.or(new CharacterSet(maybe.may, new BitSet()));
  }

  private static boolean isSurelyWord(int point) {
    return point == '_'
        || Character.isLetter(point)
        || Character.getType(point) == Character.DECIMAL_DIGIT_NUMBER;
  }

  private static CharacterSet where(IntPredicate holds) {
    BitSet may = new BitSet();
    BitSet must = new BitSet();
    for (int point = 0; point < SIZE; point++) {
      if (holds.test(point)) {
        must.set(point);
      }
      if (holds.test(point) || Character.getType(point) == Character.UNASSIGNED) {
        may.set(point);
      }
    }
    return new CharacterSet(may, must);
  }

  /** A property by its name: a general category or a script; any other may be anything. */
  static CharacterSet property(String name) {
    String plain = name.replaceAll("[ _-]", "");
    if (plain.matches("[LMNPSZC][a-z&]?")) {
      return category(plain);
    }
    try {
      Character.UnicodeScript script =
          Character.UnicodeScript.forName(plain.startsWith("Is") ? plain.substring(2) : plain);
      return where(point -> Character.UnicodeScript.of(point) == script);
    } catch (IllegalArgumentException e) {
      return switch (plain.toLowerCase(Locale.ROOT)) {
        case "any" -> ALL;
        case "space" -> SPACE;
        case "digit" -> digit();
        case "word" -> word();
        default -> UNKNOWN;
      };
    }
  }

  private static CharacterSet category(String name) {
    return where(point -> isOf(name, Character.getType(point)));
  }

  private static boolean isOf(String name, int type) {
    String own =
        switch (type) {
          case Character.UPPERCASE_LETTER -> "Lu";
          case Character.LOWERCASE_LETTER -> "Ll";
          case Character.TITLECASE_LETTER -> "Lt";
          case Character.MODIFIER_LETTER -> "Lm";
          case Character.OTHER_LETTER -> "Lo";
          case Character.NON_SPACING_MARK -> "Mn";
          case Character.ENCLOSING_MARK -> "Me";
          case Character.COMBINING_SPACING_MARK -> "Mc";
          case Character.DECIMAL_DIGIT_NUMBER -> "Nd";
          case Character.LETTER_NUMBER -> "Nl";
          case Character.OTHER_NUMBER -> "No";
          case Character.SPACE_SEPARATOR -> "Zs";
          case Character.LINE_SEPARATOR -> "Zl";
          case Character.PARAGRAPH_SEPARATOR -> "Zp";
          case Character.CONTROL -> "Cc";
          case Character.FORMAT -> "Cf";
          case Character.PRIVATE_USE -> "Co";
          case Character.SURROGATE -> "Cs";
          case Character.DASH_PUNCTUATION -> "Pd";
          case Character.START_PUNCTUATION -> "Ps";
          case Character.END_PUNCTUATION -> "Pe";
          case Character.CONNECTOR_PUNCTUATION -> "Pc";
          case Character.OTHER_PUNCTUATION -> "Po";
          case Character.INITIAL_QUOTE_PUNCTUATION -> "Pi";
          case Character.FINAL_QUOTE_PUNCTUATION -> "Pf";
          case Character.MATH_SYMBOL -> "Sm";
          case Character.CURRENCY_SYMBOL -> "Sc";
          case Character.MODIFIER_SYMBOL -> "Sk";
          case Character.OTHER_SYMBOL -> "So";
          default -> "Cn";
        };
    return own.startsWith(name) || (name.equals("L&") && own.matches("L[ult]"));
  }

  CharacterSet or(CharacterSet other) {
    BitSet either = (BitSet) may.clone();
    either.or(other.may);
    BitSet sure = (BitSet) must.clone();
    sure.or(other.must);
    return new CharacterSet(either, sure);
  }

  CharacterSet and(CharacterSet other) {
    BitSet both = (BitSet) may.clone();
    both.and(other.may);
    BitSet sure = (BitSet) must.clone();
    sure.and(other.must);
    return new CharacterSet(both, sure);
  }

  CharacterSet not() {
    BitSet outside = (BitSet) must.clone();
    outside.flip(0, SIZE);
    BitSet sure = (BitSet) may.clone();
    sure.flip(0, SIZE);
    return new CharacterSet(outside, sure);
  }
}

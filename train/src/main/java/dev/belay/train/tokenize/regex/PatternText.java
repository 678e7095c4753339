package dev.belay.train.tokenize.regex;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A pattern that is read from left to right. */
final class PatternText {
  private final String pattern;
  private int position;

  PatternText(String pattern) {
    this.pattern = pattern;
  }

  boolean atEnd() {
    return position >= pattern.length();
  }

  boolean looksAt(String what) {
    return pattern.startsWith(what, position);
  }

  boolean take(char what) {
    return take(String.valueOf(what));
  }

  boolean take(String what) {
    boolean there = looksAt(what);
    position += there ? what.length() : 0;
    return there;
  }

  /** The next code point. */
  int next() throws UnprovenPatternException {
    if (atEnd()) {
      throw unknown("an end where more is expected");
    }
    int point = pattern.codePointAt(position);
    position += Character.charCount(point);
    return point;
  }

  void close() throws UnprovenPatternException {
    if (!take(')')) {
      throw unknown("a group that is not closed");
    }
  }

  void skipName() throws UnprovenPatternException {
    int point = next();
    while (point != '>' && point != '\'') {
      point = next();
    }
  }

  /** Bounds in braces, empty if the braces are literal; {@link RegexNode.Repeat#ENDLESS}. */
  int[] interval(int most) throws UnprovenPatternException {
    Matcher braces =
        Pattern.compile("\\{(\\d{0,7})(,?)(\\d{0,7})\\}")
            .matcher(pattern)
            .region(position, pattern.length());
    if (!braces.lookingAt() || (braces.group(1).isEmpty() && braces.group(3).isEmpty())) {
      return new int[0];
    }
    position = braces.end();
    int least = braces.group(1).isEmpty() ? 0 : Integer.parseInt(braces.group(1));
    int bound = least;
    if (!braces.group(2).isEmpty()) {
      bound =
          braces.group(3).isEmpty() ? RegexNode.Repeat.ENDLESS : Integer.parseInt(braces.group(3));
    }
    if (least > most || bound > most) {
      throw unknown("more than " + most + " repeats");
    }
    return bound == RegexNode.Repeat.ENDLESS || bound >= least
        ? new int[] {least, bound}
        : new int[] {bound, least};
  }

  /** Code point that a backslash and the letters after it match, if it is one. */
  CharacterSet escapedSet() throws UnprovenPatternException {
    next();
    int point = next();
    return switch (point) {
      case 'd' -> CharacterSet.digit();
      case 'D' -> CharacterSet.digit().not();
      case 'w' -> CharacterSet.word();
      case 'W' -> CharacterSet.word().not();
      case 's' -> CharacterSet.SPACE;
      case 'S' -> CharacterSet.SPACE.not();
      case 'h' -> CharacterSet.HEX_DIGIT;
      case 'H' -> CharacterSet.HEX_DIGIT.not();
      case 'p' -> property(false);
      case 'P' -> property(true);
      case 'n' -> CharacterSet.of('\n', '\n');
      case 't' -> CharacterSet.of('\t', '\t');
      case 'r' -> CharacterSet.of('\r', '\r');
      case 'f' -> CharacterSet.of('\f', '\f');
      case 'v' -> CharacterSet.of(0x0b, 0x0b);
      case 'a' -> CharacterSet.of(7, 7);
      case 'e' -> CharacterSet.of(0x1b, 0x1b);
      case 'x' -> hexadecimal();
      case 'u' -> numbered("[0-9a-fA-F]{4}", 16);
      case '0' -> numbered("[0-7]{0,2}", 8);
      default -> {
        if (point < 0x80 && Character.isLetterOrDigit(point)) {
          throw unknown("\\" + Character.toString(point));
        }
        yield CharacterSet.of(point, point);
      }
    };
  }

  private CharacterSet hexadecimal() throws UnprovenPatternException {
    if (!take('{')) {
      return numbered("[0-9a-fA-F]{1,2}", 16);
    }
    CharacterSet set = numbered("[0-9a-fA-F]{1,6}", 16);
    if (!take('}')) {
      throw unknown("\\x{ that is not closed");
    }
    return set;
  }

  private CharacterSet numbered(String digits, int base) throws UnprovenPatternException {
    Matcher number = Pattern.compile(digits).matcher(pattern).region(position, pattern.length());
    if (!number.lookingAt()) {
      throw unknown("a number of a code point that is none");
    }
    position = number.end();
    int point = number.group().isEmpty() ? 0 : Integer.parseInt(number.group(), base);
    if (point > Character.MAX_CODE_POINT) {
      throw unknown("a number that is no code point");
    }
    return CharacterSet.of(point, point);
  }

  private CharacterSet property(boolean outside) throws UnprovenPatternException {
    if (!take('{')) {
      throw unknown("\\p without braces");
    }
    boolean not = take('^') != outside;
    StringBuilder name = new StringBuilder();
    while (!take('}')) {
      name.appendCodePoint(next());
    }
    CharacterSet set = CharacterSet.property(name.toString());
    return not ? set.not() : set;
  }

  /** A part of the pattern of which nothing is known here. */
  UnprovenPatternException unknown(String what) {
    return new UnprovenPatternException("at character " + position + " it has " + what);
  }
}

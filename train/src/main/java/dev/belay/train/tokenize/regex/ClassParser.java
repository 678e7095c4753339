package dev.belay.train.tokenize.regex;

import java.util.BitSet;

/** Reads a class of characters in brackets. */
final class ClassParser {
  private static final int DEEPEST = 20;
  private static final CharacterSet NONE = new CharacterSet(new BitSet(), new BitSet());

  private final PatternText text;
  private int depth;

  ClassParser(PatternText text) {
    this.text = text;
  }

  /** Reads from the bracket that opens to the one that closes. */
  CharacterSet read() throws UnprovenPatternException {
    if (++depth > DEEPEST) {
      throw text.unknown("brackets that nest more than " + DEEPEST + " deep");
    }
    text.take('[');
    boolean not = text.take('^');
    CharacterSet whole = CharacterSet.ALL;
    CharacterSet set = NONE;
    boolean first = true;
    while (first || !text.looksAt("]")) {
      if (text.take("&&")) {
        whole = whole.and(set);
        set = NONE;
      } else {
        set = set.or(element(first));
      }
      first = false;
    }
    text.take(']');
    depth--;
    CharacterSet read = whole.and(set);
    return not ? read.not() : read;
  }

  private CharacterSet element(boolean first) throws UnprovenPatternException {
    if (text.looksAt("[:")) {
      while (!text.take(":]")) {
        text.next();
      }
      return CharacterSet.UNKNOWN;
    }
    if (text.looksAt("[")) {
      return read();
    }
    if (first && text.looksAt("]")) {
      throw text.unknown("brackets that hold nothing");
    }
    CharacterSet from = point();
    if (!text.looksAt("-") || text.looksAt("-]") || from.may().cardinality() != 1) {
      return from;
    }
    text.take('-');
    if (text.looksAt("[")) {
      return from.or(CharacterSet.of('-', '-'));
    }
    CharacterSet to = point();
    if (to.may().cardinality() != 1) {
      return from.or(CharacterSet.of('-', '-')).or(to);
    }
    int begin = from.may().nextSetBit(0);
    int end = to.may().nextSetBit(0);
    if (end < begin) {
      throw text.unknown("a range that ends before it begins");
    }
    return CharacterSet.of(begin, end);
  }

  private CharacterSet point() throws UnprovenPatternException {
    if (text.take("\\b")) {
      return CharacterSet.of('\b', '\b');
    }
    if (text.looksAt("\\")) {
      return text.escapedSet();
    }
    int point = text.next();
    return CharacterSet.of(point, point);
  }
}

package dev.belay.train.tokenize.regex;

import java.util.ArrayList;
import java.util.List;

/** Reads a regular expression in Oniguruma's syntax of Ruby, as far as its work can be bounded. */
final class RegexParser {
  private static final int DEEPEST = 60;
  private static final int MOST_REPEATS = 100_000;
  private static final RegexNode EMPTY = new RegexNode.Sequence(List.of());
  private static final RegexNode ANCHOR = new RegexNode.Condition(List.of());

  private final PatternText text;
  private int depth;
  private boolean dotAll;
  private boolean ignoresCase;

  private RegexParser(PatternText text) {
    this.text = text;
  }

  /**
   * Reads a pattern.
   *
   * @throws UnprovenPatternException if it has a part that is not known here
   */
  static RegexNode parse(String pattern) throws UnprovenPatternException {
    RegexParser parser = new RegexParser(new PatternText(pattern));
    RegexNode node = parser.choice();
    if (!parser.text.atEnd()) {
      throw parser.text.unknown("a bracket that closes nothing");
    }
    return node;
  }

  private RegexNode choice() throws UnprovenPatternException {
    if (++depth > DEEPEST) {
      throw text.unknown("groups that nest more than " + DEEPEST + " deep");
    }
    List<RegexNode> parts = new ArrayList<>();
    parts.add(sequence());
    while (text.take('|')) {
      parts.add(sequence());
    }
    depth--;
    return parts.size() == 1 ? parts.get(0) : new RegexNode.Choice(parts);
  }

  private RegexNode sequence() throws UnprovenPatternException {
    List<RegexNode> parts = new ArrayList<>();
    while (!text.atEnd() && !text.looksAt("|") && !text.looksAt(")")) {
      parts.add(repeated(atom()));
    }
    return new RegexNode.Sequence(parts);
  }

  private RegexNode repeated(RegexNode atom) throws UnprovenPatternException {
    RegexNode node = atom;
    while (true) {
      int[] bounds = bounds();
      if (bounds.length == 0) {
        return node;
      }
      if (ignoresCase && bounds[1] == RegexNode.Repeat.ENDLESS) {
        throw text.unknown("an endless repeat that ignores case");
      }
      node = new RegexNode.Repeat(node, bounds[0], bounds[1]);
    }
  }

  /** The bounds of a repeat; empty if there is none. Lazy and possessive ones wander no further. */
  private int[] bounds() throws UnprovenPatternException {
    int[] bounds;
    if (text.take('*')) {
      bounds = new int[] {0, RegexNode.Repeat.ENDLESS};
    } else if (text.take('+')) {
      bounds = new int[] {1, RegexNode.Repeat.ENDLESS};
    } else if (text.take('?')) {
      bounds = new int[] {0, 1};
    } else {
      bounds = text.interval(MOST_REPEATS);
      if (bounds.length > 0) {
        text.take('?');
      }
      // A plus after braces is a separate repeat.
      return bounds;
    }
    if (!text.take('?')) {
      text.take('+');
    }
    return bounds;
  }

  private RegexNode atom() throws UnprovenPatternException {
    if (text.take('(')) {
      return group();
    }
    if (text.looksAt("[")) {
      return new RegexNode.Letter(folded(new ClassParser(text).read()));
    }
    if (text.take('.')) {
      return new RegexNode.Letter(dotAll ? CharacterSet.ALL : CharacterSet.NOT_NEWLINE);
    }
    if (text.take('^') || text.take('$')) {
      return ANCHOR;
    }
    if (text.looksAt("\\")) {
      return escape();
    }
    if (text.looksAt("*") || text.looksAt("+") || text.looksAt("?")) {
      throw text.unknown("a repeat of nothing");
    }
    int point = text.next();
    return new RegexNode.Letter(folded(CharacterSet.of(point, point)));
  }

  /** Other forms of a letter may be several letters, which is why none repeats without end. */
  private CharacterSet folded(CharacterSet set) {
    return ignoresCase ? CharacterSet.UNKNOWN : set;
  }

  private RegexNode escape() throws UnprovenPatternException {
    for (String anchor : List.of("\\A", "\\z", "\\Z", "\\b", "\\B", "\\G")) {
      if (text.take(anchor)) {
        return ANCHOR;
      }
    }
    if (text.take("\\R")) {
      RegexNode letter = new RegexNode.Letter(CharacterSet.of(0x0a, 0x0d).or(CharacterSet.SPACE));
      return new RegexNode.Repeat(letter, 1, 2);
    }
    return new RegexNode.Letter(folded(text.escapedSet()));
  }

  private RegexNode group() throws UnprovenPatternException {
    boolean outerDotAll = dotAll;
    boolean outerIgnoresCase = ignoresCase;
    RegexNode node;
    if (!text.take('?')) {
      node = choice();
    } else if (text.take('#')) {
      while (!text.looksAt(")")) {
        text.next();
      }
      node = EMPTY;
    } else if (text.take('=') || text.take('!')) {
      node = new RegexNode.Condition(List.of(choice()));
    } else if (text.take("<=") || text.take("<!")) {
      node = behind(choice());
    } else if (text.take('>') || text.take(':')) {
      node = choice();
    } else if (text.take('<') || text.take('\'')) {
      text.skipName();
      node = choice();
    } else {
      node = withOptions();
      if (node == EMPTY) {
        // Options without a group hold to the end of the one around them.
        text.close();
        return choice();
      }
    }
    dotAll = outerDotAll;
    ignoresCase = outerIgnoresCase;
    text.close();
    return node;
  }

  private RegexNode behind(RegexNode body) throws UnprovenPatternException {
    if (body.isEndless()) {
      throw text.unknown("an endless repeat in a look-behind");
    }
    return ANCHOR;
  }

  private RegexNode withOptions() throws UnprovenPatternException {
    boolean on = true;
    while (!text.looksAt(":") && !text.looksAt(")")) {
      int option = text.next();
      switch (option) {
        case '-' -> on = false;
        case 'm' -> dotAll = on;
        case 'i' -> ignoresCase = on;
        default -> throw text.unknown("the option " + Character.toString(option));
      }
    }
    return text.take(':') ? choice() : EMPTY;
  }
}

package dev.belay.train.data.example;

import java.math.BigDecimal;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A label as the data have it, before it is known which output it means. A whole number is the same
 * label however it is written: {@code 1}, {@code 01}, {@code 1.0} and {@code 1e0}.
 *
 * @param kind kind of the label
 * @param raw as the data have it
 * @param written without blanks around it
 * @param plain its digits, if it is a whole number; empty for others
 * @param named whether it is a string of a format that has numbers too, which Python takes for a
 *     name
 */
record LabelText(Kind kind, String raw, String written, String plain, boolean named) {
  /** Numbers as Python writes and reads them; Java would take 1f and 0x1p3 too. */
  static final Pattern NUMBER = Pattern.compile("[+-]?(\\d+(\\.\\d*)?|\\.\\d+)([eE][+-]?\\d+)?");

  private static final int MOST_DIGITS = 18;

  /** Texts that mark a gap in a column of numbers, as pandas writes and reads them. */
  private static final Set<String> GAPS = Set.of("nan", "na", "n/a", "<na>", "null", "none", "nat");

  /** Kind of a label. */
  enum Kind {
    /** A word. */
    NAME,
    /** A whole number. */
    NUMBER,
    /** A number with a fraction. */
    FRACTION,
    /** True or false. */
    TRUTH
  }

  /** A text. */
  static LabelText of(String text, boolean named) {
    String written = text.strip();
    String lower = written.toLowerCase(Locale.ROOT);
    if (lower.equals("true") || lower.equals("false")) {
      return new LabelText(named ? Kind.NAME : Kind.TRUTH, text, written, "", named);
    }
    if (!NUMBER.matcher(written).matches() || written.length() > 2 * MOST_DIGITS) {
      return new LabelText(Kind.NAME, text, written, "", named);
    }
    LabelText number = ofNumber(new BigDecimal(written), written);
    return named ? new LabelText(Kind.NAME, text, written, number.plain(), true) : number;
  }

  /** A whole number. */
  static LabelText of(long value) {
    String digits = String.valueOf(value);
    return new LabelText(Kind.NUMBER, digits, digits, digits, false);
  }

  /** A number, whole or not. */
  static LabelText of(double value) {
    return Double.isFinite(value)
        ? ofNumber(new BigDecimal(String.valueOf(value)), String.valueOf(value))
        : new LabelText(Kind.NAME, "NaN", "NaN", "", false);
  }

  /** True or false. */
  static LabelText of(boolean value) {
    String written = String.valueOf(value);
    return new LabelText(Kind.TRUTH, written, written, "", false);
  }

  private static LabelText ofNumber(BigDecimal value, String written) {
    BigDecimal shortest = value.stripTrailingZeros();
    boolean whole = shortest.scale() <= 0 && shortest.precision() - shortest.scale() <= MOST_DIGITS;
    return whole
        ? new LabelText(
            Kind.NUMBER, written, written, shortest.toBigIntegerExact().toString(), false)
        : new LabelText(Kind.FRACTION, written, written, "", false);
  }

  /** Whether it is the number of no class, -100. */
  boolean isIgnored() {
    return plain.equals(String.valueOf(LabelRule.IGNORED));
  }

  /** Whether it may mark a gap in a column of numbers. */
  boolean isGap() {
    return kind == Kind.NAME && GAPS.contains(written.toLowerCase(Locale.ROOT));
  }

  /** Whether it is neither a number nor true or false. */
  boolean isWord() {
    return kind == Kind.NAME && plain.isEmpty();
  }

  boolean isTrue() {
    return written.equalsIgnoreCase("true");
  }

  /** Two labels of one key are the same label. */
  String key() {
    return switch (kind) {
      case NAME -> "name " + written;
      case NUMBER -> "number " + plain;
      case FRACTION -> "fraction " + new BigDecimal(written).stripTrailingZeros();
      case TRUTH -> "truth " + isTrue();
    };
  }

  /** The name of a class that is learned from it. */
  String name() {
    return kind == Kind.NUMBER ? plain : written;
  }
}

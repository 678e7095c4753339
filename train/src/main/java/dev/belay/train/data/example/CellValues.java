package dev.belay.train.data.example;

import dev.belay.train.data.DataException;
import dev.belay.train.data.SourcePosition;
import dev.belay.train.data.file.Cell;
import dev.belay.train.data.file.DataFormat;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Turns one cell into what a feature or a label needs. In TSV and CSV files a list of numbers is
 * written {@code [1, 2]}, {@code 1 2} or {@code 1,2}.
 *
 * @param position position of the cell
 * @param column the name of its column
 * @param cell value in the file
 */
public record CellValues(SourcePosition position, String column, Cell cell) {
  private static final String LABELS =
      "labels divided by |, or a list of labels, none of them empty";

  /** Zeros and ones of a table's field, which are no name. */
  private static final Pattern VECTOR = Pattern.compile("[01](\\.0*)?([ ,]+[01](\\.0*)?)+");

  private static final Pattern NUMBERS = Pattern.compile("\\[?\\s*\\d+(\\s*[ ,]\\s*\\d+)+\\s*]?");

  /** Whether the cell is a list of two or more numbers. */
  boolean isNumberList() {
    return (cell instanceof Cell.Integers integers && integers.values().length > 1)
        || (cell instanceof Cell.Decimals decimals && decimals.values().length > 1)
        || (cell instanceof Cell.Text text && NUMBERS.matcher(text.value().strip()).matches());
  }

  /** Whole numbers of 32 bits. */
  public int[] ints() {
    if (cell instanceof Cell.Integers integers) {
      int[] values = new int[integers.values().length];
      for (int i = 0; i < values.length; i++) {
        values[i] = toInt(integers.values()[i]);
      }
      return values;
    }
    if (cell instanceof Cell.Decimals decimals) {
      return Arrays.stream(decimals.values()).mapToInt(this::toInt).toArray();
    }
    if (cell instanceof Cell.Text text) {
      return elements(text.value()).stream().mapToInt(this::toInt).toArray();
    }
    if (cell instanceof Cell.Truth truth) {
      return new int[] {truth.value() ? 1 : 0};
    }
    throw refused("whole numbers");
  }

  /** Numbers of 32 bits. */
  public float[] floats() {
    if (cell instanceof Cell.Integers integers) {
      float[] values = new float[integers.values().length];
      for (int i = 0; i < values.length; i++) {
        values[i] = integers.values()[i];
      }
      return values;
    }
    double[] wide;
    if (cell instanceof Cell.Decimals decimals) {
      wide = decimals.values();
    } else if (cell instanceof Cell.Text text) {
      wide = elements(text.value()).stream().mapToDouble(this::toDouble).toArray();
    } else if (cell instanceof Cell.Truth truth) {
      wide = new double[] {truth.value() ? 1 : 0};
    } else {
      throw refused("numbers");
    }
    float[] values = new float[wide.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) wide[i];
      if (!Float.isFinite(values[i])) {
        throw refused("finite numbers within float32");
      }
    }
    return values;
  }

  /** One text. */
  public String text() {
    if (cell instanceof Cell.Text text) {
      return text.value();
    }
    if (cell instanceof Cell.Texts texts && texts.values().size() == 1) {
      return texts.values().get(0);
    }
    throw refused("a text");
  }

  /** Words: the elements of a list, or the parts of a text between blanks. */
  public List<String> words() {
    if (cell instanceof Cell.Texts texts) {
      return texts.values();
    }
    if (cell instanceof Cell.Integers integers) {
      return Arrays.stream(integers.values()).mapToObj(String::valueOf).toList();
    }
    if (cell instanceof Cell.Text text) {
      // Blanks of other scripts are words: data sets of characters have labels for them.
      return Stream.of(text.value().split("[ \\t\\r\\n]+"))
          .filter(word -> !word.isEmpty())
          .toList();
    }
    throw refused("words divided by blanks, or a list of words");
  }

  /** A class for each word, as {@link #words}. */
  List<LabelText> wordLabels() {
    if (cell instanceof Cell.Integers integers) {
      return Arrays.stream(integers.values()).mapToObj(LabelText::of).toList();
    }
    if (cell instanceof Cell.Decimals decimals) {
      return Arrays.stream(decimals.values()).mapToObj(LabelText::of).toList();
    }
    return words().stream().map(word -> LabelText.of(word, isNamed())).toList();
  }

  /** A class: a text without blanks around it, or a number. */
  LabelText label() {
    if (cell instanceof Cell.Integers integers && integers.values().length == 1) {
      return LabelText.of(integers.values()[0]);
    }
    if (cell instanceof Cell.Decimals decimals && decimals.values().length == 1) {
      return LabelText.of(decimals.values()[0]);
    }
    if (cell instanceof Cell.Truth truth) {
      return LabelText.of(truth.value());
    }
    if (cell instanceof Cell.Text || cell instanceof Cell.Texts) {
      return LabelText.of(text(), isNamed());
    }
    throw refused(
        "one class, a text or a number (several of an example are for --problem-type"
            + " multi_label_classification)");
  }

  /** Whether a text is a name even if it looks like a number: the format has numbers too. */
  private boolean isNamed() {
    return switch (DataFormat.of(position.file())) {
      case JSON, JSONL, TFRECORD, PARQUET -> true;
      case TSV, CSV, TXT, CONLL -> false;
    };
  }

  /**
   * Any number of classes: the elements of a list, or the parts of a text between bars, such as
   * {@code sport|politics}. An empty list and an empty text have no class.
   */
  LabelList labels() {
    if (cell instanceof Cell.Integers integers) {
      return new LabelList(
          Arrays.stream(integers.values()).mapToObj(LabelText::of).toList(),
          integers.list(),
          false);
    }
    if (cell instanceof Cell.Decimals decimals) {
      return new LabelList(
          Arrays.stream(decimals.values()).mapToObj(LabelText::of).toList(), true, decimals.list());
    }
    if (cell instanceof Cell.Texts texts) {
      return new LabelList(named(texts.values()), true, false);
    }
    if (cell instanceof Cell.Text text) {
      return ofText(text.value().strip());
    }
    throw refused(LABELS);
  }

  private LabelList ofText(String text) {
    boolean bracketed = text.startsWith("[") && text.endsWith("]");
    if (bracketed || VECTOR.matcher(text).matches()) {
      List<LabelText> listed =
          elements(text).stream().map(element -> LabelText.of(element, false)).toList();
      if (listed.stream().anyMatch(label -> label.kind() == LabelText.Kind.NAME)) {
        throw refused(LABELS + "; a list in a text has numbers alone");
      }
      boolean decimals = listed.stream().anyMatch(label -> !label.written().matches("[+-]?\\d+"));
      return new LabelList(listed, true, decimals);
    }
    if (text.isEmpty()) {
      return new LabelList(List.of(), false, false);
    }
    return new LabelList(named(List.of(text.split("\\|", -1))), false, false);
  }

  private List<LabelText> named(List<String> names) {
    if (names.stream().anyMatch(String::isBlank)) {
      throw refused(LABELS);
    }
    return names.stream().map(name -> LabelText.of(name.strip(), isNamed())).toList();
  }

  private static List<String> elements(String text) {
    String list = text.strip();
    if (list.startsWith("[") && list.endsWith("]")) {
      list = list.substring(1, list.length() - 1).strip();
    }
    return list.isEmpty() ? List.of() : List.of(list.split("\\s*,\\s*|\\s+"));
  }

  private int toInt(long value) {
    if (value != (int) value) {
      throw refused("whole numbers of 32 bits (" + value + " is none)");
    }
    return (int) value;
  }

  private int toInt(double value) {
    if (value != Math.rint(value)) {
      throw refused("whole numbers (" + value + " is none)");
    }
    return toInt((long) value);
  }

  private int toInt(String element) {
    if (!LabelText.NUMBER.matcher(element).matches()) {
      throw refused("whole numbers, as in \"101 7592 102\" or \"[101, 7592, 102]\"");
    }
    return element.length() <= 9 && element.chars().allMatch(Character::isDigit)
        ? toInt(Long.parseLong(element))
        : toInt(Double.parseDouble(element));
  }

  private double toDouble(String element) {
    if (!LabelText.NUMBER.matcher(element).matches()) {
      throw refused("numbers");
    }
    return Double.parseDouble(element);
  }

  /** A refusal of what the cell holds. */
  public DataException refused(String expected) {
    return error(": expected " + expected + ", found " + describe());
  }

  /**
   * An error about this cell.
   *
   * @param found continues a sentence that begins with its column
   */
  DataException error(String found) {
    return DataException.at(position, "column '" + column + "'" + found);
  }

  /** Description of the cell's value, for people. */
  String describe() {
    if (cell instanceof Cell.Text text) {
      String value = text.value();
      return value.isEmpty()
          ? "nothing"
          : "'" + (value.length() <= 40 ? value : value.substring(0, 40) + "...") + "'";
    }
    if (cell instanceof Cell.Integers integers) {
      return describe(integers.list(), Arrays.toString(integers.values()));
    }
    if (cell instanceof Cell.Decimals decimals) {
      return describe(decimals.list(), Arrays.toString(decimals.values()));
    }
    if (cell instanceof Cell.Texts texts) {
      return "a list of " + texts.values().size() + " texts";
    }
    if (cell instanceof Cell.Truth truth) {
      return String.valueOf(truth.value());
    }
    return ((Cell.Other) cell).description();
  }

  private static String describe(boolean list, String values) {
    String shown = list ? values : values.substring(1, values.length() - 1);
    return shown.length() <= 60 ? shown : shown.substring(0, 60) + "...";
  }
}

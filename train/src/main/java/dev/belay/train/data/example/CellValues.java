package dev.belay.train.data.example;

import dev.belay.train.data.DataException;
import dev.belay.train.data.SourcePosition;
import dev.belay.train.data.file.Cell;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * Turns one cell into what a feature or a label needs. In TSV and CSV files a list of numbers is
 * written {@code [1, 2]}, {@code 1 2} or {@code 1,2}.
 *
 * @param position where the cell stands
 * @param column the name of its column
 * @param cell what the file holds
 */
record CellValues(SourcePosition position, String column, Cell cell) {

  /** Whole numbers of 32 bits. */
  int[] ints() {
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
    throw refused("whole numbers");
  }

  /** Numbers of 32 bits. */
  float[] floats() {
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
  String text() {
    if (cell instanceof Cell.Text text) {
      return text.value();
    }
    if (cell instanceof Cell.Texts texts && texts.values().size() == 1) {
      return texts.values().get(0);
    }
    throw refused("a text");
  }

  /** Words: the elements of a list, or what stands between the blanks of a text. */
  List<String> words() {
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

  /** The name of a class: a text without blanks around it, or a number as it is written. */
  String label() {
    if (cell instanceof Cell.Integers integers && integers.values().length == 1) {
      return String.valueOf(integers.values()[0]);
    }
    if (cell instanceof Cell.Decimals decimals && decimals.values().length == 1) {
      double value = decimals.values()[0];
      return value == Math.rint(value) && Math.abs(value) < 1e15
          ? String.valueOf((long) value)
          : String.valueOf(value);
    }
    if (cell instanceof Cell.Text || cell instanceof Cell.Texts) {
      return text().strip();
    }
    throw refused("one class, a text or a number");
  }

  /**
   * The names of any number of classes: the elements of a list, or what stands between the bars of
   * a text such as {@code sport|politics}. An empty list and an empty text are none.
   */
  List<String> labels() {
    if (cell instanceof Cell.Integers integers) {
      return Arrays.stream(integers.values()).mapToObj(String::valueOf).toList();
    }
    List<String> names =
        cell instanceof Cell.Texts texts
            ? texts.values()
            : cell instanceof Cell.Text text && !text.value().isBlank()
                ? List.of(text.value().split("\\|", -1))
                : List.of();
    boolean readable = cell instanceof Cell.Texts || cell instanceof Cell.Text;
    if (!readable || names.stream().anyMatch(String::isBlank)) {
      throw refused("labels divided by |, or a list of labels, none of them empty");
    }
    return names.stream().map(String::strip).toList();
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
    try {
      return Integer.parseInt(element);
    } catch (NumberFormatException e) {
      throw refused("whole numbers, as in \"101 7592 102\" or \"[101, 7592, 102]\"");
    }
  }

  private double toDouble(String element) {
    try {
      return Double.parseDouble(element);
    } catch (NumberFormatException e) {
      throw refused("numbers");
    }
  }

  private DataException refused(String expected) {
    return DataException.at(
        position, "column '" + column + "': expected " + expected + ", found " + describe());
  }

  private String describe() {
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
    return ((Cell.Other) cell).description();
  }

  private static String describe(boolean list, String values) {
    String shown = list ? values : values.substring(1, values.length() - 1);
    return shown.length() <= 60 ? shown : shown.substring(0, 60) + "...";
  }
}

package dev.belay.train.predict;

import dev.belay.train.data.DataException;
import dev.belay.train.data.SourcePosition;
import dev.belay.train.data.example.FeatureNames;
import dev.belay.train.data.file.Cell;
import dev.belay.train.data.file.Row;
import dev.belay.train.data.file.SquadFile;
import dev.belay.train.tokenize.TextPair;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Inputs of a program as rows, equal to those of a file with the same texts. */
public final class GivenRows {
  /** One list for all rows: their reader knows a layout by it. */
  private static final List<String> TEXT = List.of(FeatureNames.TEXT);

  private static final List<String> PAIR = List.of(FeatureNames.TEXT, FeatureNames.TEXT_B);

  private GivenRows() {}

  public static List<Row> ofTexts(List<String> texts) {
    List<Row> rows = new ArrayList<>(texts.size());
    for (String text : texts) {
      rows.add(row(rows.size(), TEXT, List.of(new Cell.Text(required(text, rows.size())))));
    }
    return rows;
  }

  public static List<Row> ofPairs(List<TextPair> pairs) {
    boolean single = pairs.stream().allMatch(pair -> pair.second().isEmpty());
    List<Row> rows = new ArrayList<>(pairs.size());
    for (TextPair pair : pairs) {
      Cell first = new Cell.Text(required(pair.first(), rows.size()));
      rows.add(
          single
              ? row(rows.size(), TEXT, List.of(first))
              : row(rows.size(), PAIR, List.of(first, new Cell.Text(second(pair, rows.size())))));
    }
    return rows;
  }

  private static String second(TextPair pair, int index) {
    return pair.second().orElseThrow(() -> missing(index, "a text without a second one"));
  }

  public static List<Row> ofWords(List<List<String>> texts) {
    List<Row> rows = new ArrayList<>(texts.size());
    for (List<String> words : texts) {
      int index = rows.size();
      words.forEach(word -> required(word, index));
      rows.add(row(index, TEXT, List.of(new Cell.Texts(List.copyOf(words)))));
    }
    return rows;
  }

  /** Rows of columns, by the names that a .jsonl file would have. */
  public static List<Row> ofColumns(List<Map<String, ?>> columns) {
    List<Row> rows = new ArrayList<>(columns.size());
    List<String> layout = List.of();
    for (Map<String, ?> row : columns) {
      List<String> names = List.copyOf(row.keySet());
      layout = names.equals(layout) ? layout : names;
      List<Cell> cells = new ArrayList<>(names.size());
      for (String name : layout) {
        cells.add(cell(row.get(name), name, rows.size()));
      }
      rows.add(row(rows.size(), layout, cells));
    }
    return rows;
  }

  private static Cell cell(Object value, String name, int index) {
    if (value instanceof String text) {
      return new Cell.Text(text);
    }
    if (value instanceof Boolean truth) {
      return new Cell.Truth(truth);
    }
    if (value instanceof int[] numbers) {
      return new Cell.Integers(Arrays.stream(numbers).asLongStream().toArray(), true);
    }
    if (value instanceof long[] numbers) {
      return new Cell.Integers(numbers.clone(), true);
    }
    if (value instanceof double[] numbers) {
      return new Cell.Decimals(numbers.clone(), true);
    }
    if (value instanceof Number number) {
      return numbers(List.of(number), false);
    }
    if (value instanceof List<?> list && list.stream().allMatch(Number.class::isInstance)) {
      return numbers(list.stream().map(Number.class::cast).toList(), true);
    }
    if (value instanceof List<?> list && list.stream().allMatch(String.class::isInstance)) {
      return new Cell.Texts(list.stream().map(String.class::cast).toList());
    }
    throw missing(
        index,
        "column '"
            + name
            + "' with "
            + (value == null ? "null" : "a " + value.getClass().getName()));
  }

  private static Cell numbers(List<Number> numbers, boolean list) {
    boolean whole =
        numbers.stream()
            .allMatch(n -> n instanceof Long || n instanceof Integer || n instanceof Short);
    return whole
        ? new Cell.Integers(numbers.stream().mapToLong(Number::longValue).toArray(), list)
        : new Cell.Decimals(numbers.stream().mapToDouble(Number::doubleValue).toArray(), list);
  }

  /**
   * A question about a text.
   *
   * @param index of the question, from 0
   * @param context the text that holds the answer
   */
  public static SquadFile.Paragraph ofQuestion(int index, String question, String context) {
    return new SquadFile.Paragraph(
        required(context, index),
        List.of(
            new SquadFile.Question(
                SourcePosition.text(index + 1),
                String.valueOf(index + 1),
                required(question, index),
                Optional.empty())));
  }

  private static Row row(int index, List<String> columns, List<Cell> cells) {
    return new Row(SourcePosition.text(index + 1), columns, cells);
  }

  private static String required(String text, int index) {
    if (text == null) {
      throw missing(index, "null");
    }
    return text;
  }

  private static DataException missing(int index, String found) {
    return DataException.at(
        SourcePosition.text(index + 1),
        "expected a text, words, a number, or an array or a list of numbers, found " + found);
  }
}

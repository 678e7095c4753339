package dev.belay.train.data.example;

import dev.belay.graph.loss.SentenceSimilarity;
import dev.belay.train.data.DataException;
import dev.belay.train.data.file.Cell;
import dev.belay.train.data.file.Row;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * Turns rows of several texts into examples: each text is encoded alone, as a row of a column
 * {@code text}, and the texts of a row become one example.
 */
final class SentenceRows {
  private static final List<String> ONE_TEXT = List.of(FeatureNames.TEXT);

  private final ExampleOptions options;
  private final Set<String> summaries = new LinkedHashSet<>();
  private List<String> layout;
  private Path file;
  private ColumnNames names;
  private SentenceColumns columns;
  private Row shaped;
  private SentenceColumns shape;

  SentenceRows(ExampleOptions options) {
    this.options = options;
  }

  /** Use of the columns, one line per file and layout. */
  Set<String> summaries() {
    return summaries;
  }

  /** Number of texts of each example. */
  int textsOfExample() {
    return shape == null ? 1 : shape.texts().size();
  }

  /** Options of an encoder of single texts. */
  static ExampleOptions ofOneText(ExampleOptions options) {
    return new ExampleOptions(
        options.features(),
        LabelRule.none(),
        options.maxLength(),
        options.vocabularySize(),
        options.paddingId(),
        options.targets(),
        options.rules().withoutColumns());
  }

  /**
   * Encodes rows in their order.
   *
   * @param encoder of single texts
   */
  List<EncodedExample> encode(ExampleEncoder encoder, List<Row> rows) {
    List<Row> texts = new ArrayList<>();
    List<FeatureRow.Floats> scores = new ArrayList<>();
    for (Row row : rows) {
      choose(row);
      for (String column : columns.texts()) {
        String text = cell(row, column).text();
        if (text.isBlank() && !column.equals(columns.texts().get(0))) {
          throw cell(row, column).refused("a text");
        }
        texts.add(new Row(row.position(), ONE_TEXT, List.of(new Cell.Text(text))));
      }
      scores.add(score(row));
    }
    List<EncodedExample> encoded = encoder.encode(texts);
    int group = textsOfExample();
    List<EncodedExample> examples = new ArrayList<>(rows.size());
    for (int i = 0; i < scores.size(); i++) {
      List<EncodedExample> parts = encoded.subList(i * group, (i + 1) * group);
      examples.add(
          options.labels().format().isRead()
              ? EncodedExample.ofTexts(parts, scores.get(i))
              : parts.get(0));
    }
    return examples;
  }

  private void choose(Row row) {
    boolean known = row.columns() == layout && Objects.equals(row.position().file(), file);
    if (known) {
      return;
    }
    layout = row.columns();
    file = row.position().file();
    names = new ColumnNames(layout);
    columns =
        SentenceColumns.find(
            row.position(), names, options.rules().columns(), options.labels().format().isRead());
    summaries.add(file + ": " + columns.describe());
    if (shape == null) {
      shape = columns;
      shaped = row;
    }
    boolean same =
        columns.texts().size() == shape.texts().size()
            && columns.score().isPresent() == shape.score().isPresent();
    if (!same) {
      throw DataException.at(
          row.position(),
          "the row has "
              + columns.describe()
              + ", and "
              + shaped.position()
              + " has "
              + shape.describe()
              + "; expected as many texts, with a score or without, in all rows of the data");
    }
  }

  private FeatureRow.Floats score(Row row) {
    if (columns.score().isEmpty()) {
      return new FeatureRow.Floats(new float[] {SentenceSimilarity.NO_SCORE});
    }
    CellValues cell = cell(row, columns.score().get());
    float[] values = cell.floats();
    if (values.length != 1 || Math.abs(values[0]) > 1) {
      throw cell.refused("a cosine from -1 to 1 (similarities from 0 to 5 are divided by 5 first)");
    }
    return new FeatureRow.Floats(values);
  }

  private CellValues cell(Row row, String column) {
    return new CellValues(
        row.position(), column, row.cells().get(names.named(column).orElseThrow()));
  }
}

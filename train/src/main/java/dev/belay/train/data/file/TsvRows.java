package dev.belay.train.data.file;

import dev.belay.train.data.DataException;
import dev.belay.train.data.SourcePosition;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Owns a TSV file: a header, then one row per line, columns divided by tabs. Quotes are text like
 * any other letter, as the files of GLUE have it.
 */
final class TsvRows implements RowReader {
  private final Path file;
  private final Utf8Lines lines;
  private final List<String> columns;
  private long quoted;

  TsvRows(Path file, Utf8Lines lines) {
    this.file = file;
    this.lines = lines;
    this.columns = Headers.check(file, split(lines.nextRow().orElse("")));
  }

  @Override
  public Optional<Row> next() {
    while (true) {
      Optional<String> line = lines.nextRow();
      if (line.isEmpty()) {
        return Optional.empty();
      }
      // In a file of one column an empty line is an empty text, elsewhere it is no row.
      if (!line.get().isEmpty() || columns.size() == 1) {
        return Optional.of(row(line.get()));
      }
    }
  }

  private Row row(String line) {
    SourcePosition position = SourcePosition.line(file, lines.lineNumber());
    List<String> fields = split(line);
    if (fields.size() != columns.size()) {
      throw DataException.at(
          position,
          "expected "
              + columns.size()
              + " columns divided by tabs, as the header has ("
              + String.join(", ", columns)
              + "), found "
              + fields.size()
              + ": a text may hold no tab and no line break; write such rows as .csv or .jsonl");
    }
    List<Cell> cells = new ArrayList<>(fields.size());
    for (String field : fields) {
      quoted += looksQuoted(field) ? 1 : 0;
      cells.add(new Cell.Text(field));
    }
    return new Row(position, columns, cells);
  }

  @Override
  public List<String> notes() {
    if (quoted == 0) {
      return List.of();
    }
    return List.of(
        file
            + ": "
            + quoted
            + (quoted == 1 ? " field looks" : " fields look")
            + " quoted as CSV writers do (\"...\"\"...\"); the quotes of a .tsv file are kept as"
            + " text. Name the file .csv to have them removed");
  }

  @Override
  public void close() {
    lines.close();
  }

  /** A field in quotes with a doubled quote inside, which people do not write by hand. */
  private static boolean looksQuoted(String field) {
    int last = field.length() - 1;
    return last > 2
        && field.charAt(0) == '"'
        && field.charAt(last) == '"'
        && field.indexOf("\"\"", 1) > 0
        && field.indexOf("\"\"", 1) < last - 1;
  }

  private static List<String> split(String line) {
    List<String> fields = new ArrayList<>();
    int start = 0;
    for (int tab = line.indexOf('\t'); tab >= 0; tab = line.indexOf('\t', start)) {
      fields.add(line.substring(start, tab));
      start = tab + 1;
    }
    fields.add(line.substring(start));
    return fields;
  }
}

package dev.belay.train.data.file;

import dev.belay.train.data.SourcePosition;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Owns a plain text file: each line is a row of one column, its text. Empty lines are no rows. */
final class TextRows implements RowReader {
  /** One list for all rows: a reader of rows knows a file's layout by it. */
  private static final List<String> COLUMNS = List.of("text");

  private final Path file;
  private final Utf8Lines lines;

  TextRows(Path file, Utf8Lines lines) {
    this.file = file;
    this.lines = lines;
  }

  @Override
  public Optional<Row> next() {
    Optional<String> line = lines.next();
    while (line.isPresent() && line.get().isBlank()) {
      line = lines.next();
    }
    return line.map(
        text ->
            new Row(
                SourcePosition.line(file, lines.lineNumber()),
                COLUMNS,
                List.of(new Cell.Text(text))));
  }

  @Override
  public List<String> notes() {
    return List.of();
  }

  @Override
  public void close() {
    lines.close();
  }
}

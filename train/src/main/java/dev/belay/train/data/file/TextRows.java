package dev.belay.train.data.file;

import dev.belay.train.data.DataException;
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
  private final boolean words;
  private boolean begun;

  /**
   * @param words whether its words are needed, as in a CoNLL file
   */
  TextRows(Path file, Utf8Lines lines, boolean words) {
    this.file = file;
    this.lines = lines;
    this.words = words;
  }

  @Override
  public Optional<Row> next() {
    Optional<String> line = lines.nextRow();
    while (line.isPresent() && line.get().isBlank()) {
      line = lines.nextRow();
    }
    if (words && !begun && line.isPresent() && ConllRows.looksTagged(line.get())) {
      throw DataException.at(
          SourcePosition.line(file, lines.lineNumber()),
          "the line could be a word with its tag, as in a CoNLL file, or a text of words; expected"
              + " one of them: name a CoNLL file .conll, or give texts as a column 'text' of a .csv"
              + " or .jsonl file");
    }
    begun = true;
    return line.map(
        text ->
            new Row(
                SourcePosition.line(file, lines.lineNumber()),
                COLUMNS,
                List.of(new Cell.Text(text))));
  }

  @Override
  public void close() {
    lines.close();
  }
}

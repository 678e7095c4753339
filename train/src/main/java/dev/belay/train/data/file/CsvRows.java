package dev.belay.train.data.file;

import de.siegmar.fastcsv.reader.CloseableIterator;
import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import de.siegmar.fastcsv.reader.CsvRecordHandler;
import de.siegmar.fastcsv.reader.FieldMismatchStrategy;
import dev.belay.train.data.DataException;
import dev.belay.train.data.SourcePosition;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Owns a CSV file as RFC 4180 has it: fields in quotes may hold commas, line breaks and doubled
 * quotes. The comma may be a semicolon or a tab if the header has that and no comma.
 */
final class CsvRows implements RowReader {
  private final Path file;
  private final CsvLines source;
  private final CloseableIterator<CsvRecord> records;
  private final List<String> columns;
  private final char separator;

  CsvRows(Path file, Utf8Lines lines) {
    this.file = file;
    this.source = new CsvLines(lines);
    this.separator = separator(source.peek());
    this.records =
        CsvReader.builder()
            .fieldSeparator(separator)
            .extraFieldStrategy(FieldMismatchStrategy.IGNORE)
            .missingFieldStrategy(FieldMismatchStrategy.IGNORE)
            .allowUnclosedQuote(true)
            .detectBomHeader(false)
            .skipEmptyLines(false)
            .maxBufferSize(Utf8Lines.MAX_LINE_BYTES)
            .build(
                CsvRecordHandler.of(
                    c ->
                        c.maxFieldSize(Utf8Lines.MAX_LINE_BYTES)
                            .maxRecordSize(Utf8Lines.MAX_LINE_BYTES)),
                source)
            .iterator();
    this.columns = Headers.check(file, record().map(CsvRecord::getFields).orElse(List.of()));
  }

  @Override
  public Optional<Row> next() {
    while (true) {
      Optional<CsvRecord> found = record();
      if (found.isEmpty()) {
        return Optional.empty();
      }
      CsvRecord record = found.get();
      if (!isEmptyLine(record) || columns.size() == 1) {
        return Optional.of(row(record));
      }
    }
  }

  private static boolean isEmptyLine(CsvRecord record) {
    return record.getFieldCount() == 1 && record.getField(0).isEmpty();
  }

  private Row row(CsvRecord record) {
    SourcePosition position = SourcePosition.line(file, record.getStartingLineNumber());
    if (record.getFieldCount() != columns.size()) {
      throw DataException.at(
          position,
          "expected "
              + columns.size()
              + " columns, as the header has ("
              + String.join(", ", columns)
              + "), found "
              + record.getFieldCount()
              + ": a text that holds "
              + (separator == '\t' ? "a tab" : "'" + separator + "'")
              + " or a line break must stand in double quotes");
    }
    List<Cell> cells = new ArrayList<>(columns.size());
    for (String field : record.getFields()) {
      cells.add(new Cell.Text(field));
    }
    return new Row(position, columns, cells);
  }

  /** The next record as the parser gives it. */
  private Optional<CsvRecord> record() {
    try {
      if (!records.hasNext()) {
        return Optional.empty();
      }
      CsvRecord record = records.next();
      requireClosedQuotes(record);
      return Optional.of(record);
    } catch (CsvParseException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new DataException(
          file
              + ":"
              + source.lineNumber()
              + " (or a few lines before): not CSV as RFC 4180 has it: "
              + cause.getMessage()
              + "; a quote inside a quoted text is written twice",
          e);
    }
  }

  /**
   * The parser takes the rest of the file as one field if a quote is never closed. Then the last
   * field holds a line break, which only quotes allow, and the file does not end in a closing
   * quote.
   */
  private void requireClosedQuotes(CsvRecord record) {
    String last = record.getField(record.getFieldCount() - 1);
    if (last.indexOf('\n') >= 0 && !records.hasNext() && !source.endsWithClosingQuote()) {
      throw DataException.at(
          SourcePosition.line(file, record.getStartingLineNumber()),
          "a double quote opens a text and is never closed up to the end of the file (line "
              + source.lineNumber()
              + "); close it, or write a quote inside a text twice");
    }
  }

  @Override
  public List<String> notes() {
    return separator == ','
        ? List.of()
        : List.of(
            file
                + ": columns divided by "
                + (separator == '\t' ? "tabs" : "'" + separator + "'")
                + ", as in its header");
  }

  @Override
  public void close() {
    source.close();
  }

  private static char separator(String header) {
    if (header.indexOf(',') >= 0) {
      return ',';
    }
    if (header.indexOf('\t') >= 0) {
      return '\t';
    }
    return header.indexOf(';') >= 0 ? ';' : ',';
  }
}

package dev.belay.train.data.file;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.belay.train.data.DataException;
import dev.belay.train.data.SourcePosition;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Owns a .json file: a list of objects, an object whose {@code data} is such a list, or objects one
 * behind the other, as Hugging Face's datasets read it. Each object is a row.
 */
final class JsonFileRows implements RowReader {
  private static final String DATA = "data";

  private static final String FORM =
      "expected a list of objects, {\"data\": [..]} with such a list, or one object per line";

  private final Path file;
  private final Utf8Characters source;
  private final JsonParser parser;
  private final List<String> aside = new ArrayList<>();
  private List<String> columns = List.of();
  private Form form = Form.UNKNOWN;
  private long objects;

  /** Layout of the rows in the file. */
  private enum Form {
    UNKNOWN,
    LIST,
    LIST_IN_OBJECT,
    LINES
  }

  JsonFileRows(Path file, Utf8Characters source) throws IOException {
    this.file = file;
    this.source = source;
    this.parser = JsonCells.JSON.createParser(source);
  }

  @Override
  public Optional<Row> next() {
    source.beginRow();
    try {
      return form == Form.UNKNOWN ? first() : following();
    } catch (IOException e) {
      throw DataFile.failure(file, e);
    }
  }

  private Optional<Row> first() throws IOException {
    JsonToken token = parser.nextToken();
    if (token == JsonToken.START_ARRAY) {
      form = Form.LIST;
      return following();
    }
    if (token != JsonToken.START_OBJECT) {
      throw notRows(token);
    }
    JsonCells cells = new JsonCells();
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      JsonToken value = parser.nextToken();
      if (!name.equals(DATA) || value != JsonToken.START_ARRAY) {
        cells.add(name, parser);
        continue;
      }
      JsonToken element = parser.nextToken();
      if (element != JsonToken.START_OBJECT) {
        throw notRows(element);
      }
      aside.addAll(cells.names());
      form = Form.LIST_IN_OBJECT;
      return Optional.of(object());
    }
    form = Form.LINES;
    return Optional.of(row(cells));
  }

  private Optional<Row> following() throws IOException {
    JsonToken token = parser.nextToken();
    if (token == JsonToken.START_OBJECT) {
      return Optional.of(object());
    }
    boolean ends = form == Form.LINES ? token == null : token == JsonToken.END_ARRAY;
    if (!ends) {
      throw notRows(token);
    }
    if (form == Form.LIST_IN_OBJECT) {
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        aside.add(parser.currentName());
        parser.nextToken();
        parser.skipChildren();
      }
    }
    if (form != Form.LINES && parser.nextToken() != null) {
      throw DataException.at(
          SourcePosition.line(file, parser.currentLocation().getLineNr()),
          "more JSON behind the list of rows; " + FORM);
    }
    return Optional.empty();
  }

  private Row object() throws IOException {
    JsonCells cells = new JsonCells();
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      parser.nextToken();
      cells.add(name, parser);
    }
    return row(cells);
  }

  private Row row(JsonCells cells) {
    if (!cells.names().equals(columns)) {
      columns = List.copyOf(cells.names());
    }
    return new Row(SourcePosition.object(file, ++objects), columns, cells.cells());
  }

  private DataException notRows(JsonToken token) {
    return DataException.at(
        SourcePosition.line(file, parser.currentLocation().getLineNr()),
        FORM + "; found " + JsonCells.describe(token) + " in place of an object");
  }

  @Override
  public List<String> notes() {
    return aside.isEmpty()
        ? List.of()
        : List.of(file + ": rows from \"data\"; not used beside it: " + String.join(", ", aside));
  }

  @Override
  public void close() {
    source.close();
  }
}

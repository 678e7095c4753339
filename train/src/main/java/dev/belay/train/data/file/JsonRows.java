package dev.belay.train.data.file;

import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import dev.belay.train.data.DataException;
import dev.belay.train.data.SourcePosition;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Owns a file of JSON objects, one per line; blank lines are skipped, null is an absent column. */
final class JsonRows implements RowReader {
  private final Path file;
  private final Utf8Lines lines;
  private List<String> columns = List.of();

  JsonRows(Path file, Utf8Lines lines) {
    this.file = file;
    this.lines = lines;
  }

  @Override
  public Optional<Row> next() {
    while (true) {
      Optional<String> line = lines.next();
      if (line.isEmpty()) {
        return Optional.empty();
      }
      if (!line.get().isBlank()) {
        return Optional.of(row(line.get()));
      }
    }
  }

  private Row row(String line) {
    SourcePosition position = SourcePosition.line(file, lines.lineNumber());
    try (JsonParser parser = JsonCells.JSON.createParser(line)) {
      return object(parser, position);
    } catch (JsonParseException e) {
      throw notJson(position, line, e);
    } catch (JsonProcessingException e) {
      throw DataException.at(position, "JSON that Belay does not read: " + e.getOriginalMessage());
    } catch (IOException e) {
      throw DataFile.failure(file, e);
    }
  }

  private Row object(JsonParser parser, SourcePosition position) throws IOException {
    if (parser.nextToken() != JsonToken.START_OBJECT) {
      throw DataException.at(
          position,
          "expected one JSON object per line, {\"text\": ..., \"label\": ...}, found "
              + JsonCells.describe(parser.currentToken())
              + "; a file that is one JSON list is named .json");
    }
    JsonCells cells = new JsonCells();
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      parser.nextToken();
      cells.add(name, parser);
    }
    if (parser.nextToken() != null) {
      throw DataException.at(
          position, "expected one JSON object per line, found more behind the first one");
    }
    if (!cells.names().equals(columns)) {
      columns = List.copyOf(cells.names());
    }
    return new Row(position, columns, cells.cells());
  }

  private static DataException notJson(SourcePosition position, String line, JsonParseException e) {
    int column = e.getLocation() == null ? 0 : e.getLocation().getColumnNr();
    String advice =
        line.strip().startsWith("{")
            ? "; an object must begin and end on one line"
            : "; if the file is not JSON, give it the ending of its format";
    return DataException.at(
        position,
        "expected one JSON object per line, found no JSON at column "
            + column
            + ": "
            + e.getOriginalMessage()
            + advice);
  }

  @Override
  public void close() {
    lines.close();
  }
}

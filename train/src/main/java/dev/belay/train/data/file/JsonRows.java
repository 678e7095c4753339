package dev.belay.train.data.file;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.InputCoercionException;
import dev.belay.train.data.DataException;
import dev.belay.train.data.SourcePosition;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Owns a file of JSON objects, one per line; blank lines are skipped, null is an absent column. */
final class JsonRows implements RowReader {
  private static final JsonFactory JSON =
      new JsonFactoryBuilder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxStringLength(Utf8Lines.MAX_LINE_BYTES)
                  .maxNestingDepth(100)
                  .build())
          .build();

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
    try (JsonParser parser = JSON.createParser(line)) {
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
              + describe(parser.currentToken())
              + "; a file that is one JSON list must be rewritten as lines");
    }
    List<String> names = new ArrayList<>(columns.size());
    List<Cell> cells = new ArrayList<>(columns.size());
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      if (parser.nextToken() != JsonToken.VALUE_NULL) {
        names.add(name);
        cells.add(cell(parser));
      }
    }
    if (parser.nextToken() != null) {
      throw DataException.at(
          position, "expected one JSON object per line, found more behind the first one");
    }
    if (!names.equals(columns)) {
      columns = List.copyOf(names);
    }
    return new Row(position, columns, cells);
  }

  private static Cell cell(JsonParser parser) throws IOException {
    return switch (parser.currentToken()) {
      case VALUE_STRING -> new Cell.Text(parser.getText());
      case VALUE_TRUE, VALUE_FALSE -> new Cell.Text(parser.getText());
      case VALUE_NUMBER_INT -> new Cell.Integers(new long[] {integer(parser)}, false);
      case VALUE_NUMBER_FLOAT -> new Cell.Decimals(new double[] {parser.getDoubleValue()}, false);
      case START_ARRAY -> list(parser);
      default -> {
        parser.skipChildren();
        yield new Cell.Other("an object");
      }
    };
  }

  private static long integer(JsonParser parser) throws IOException {
    try {
      return parser.getLongValue();
    } catch (InputCoercionException e) {
      // Beyond 64 bits: whatever asks for this number refuses it with its own words.
      return parser.getBigIntegerValue().signum() < 0 ? Long.MIN_VALUE : Long.MAX_VALUE;
    }
  }

  private static Cell list(JsonParser parser) throws IOException {
    JsonToken first = parser.nextToken();
    if (first == JsonToken.END_ARRAY) {
      return new Cell.Integers(new long[0], true);
    }
    return first == JsonToken.VALUE_STRING ? texts(parser) : numbers(parser);
  }

  private static Cell texts(JsonParser parser) throws IOException {
    List<String> values = new ArrayList<>();
    for (JsonToken token = parser.currentToken();
        token != JsonToken.END_ARRAY;
        token = parser.nextToken()) {
      if (token != JsonToken.VALUE_STRING) {
        return skipped(parser, "a list of strings with " + describe(token) + " among them");
      }
      values.add(parser.getText());
    }
    return new Cell.Texts(values);
  }

  private static Cell numbers(JsonParser parser) throws IOException {
    long[] integers = new long[16];
    double[] decimals = null;
    int count = 0;
    for (JsonToken token = parser.currentToken();
        token != JsonToken.END_ARRAY;
        token = parser.nextToken()) {
      if (token != JsonToken.VALUE_NUMBER_INT && token != JsonToken.VALUE_NUMBER_FLOAT) {
        return skipped(parser, "a list with " + describe(token) + " in it");
      }
      if (token == JsonToken.VALUE_NUMBER_FLOAT && decimals == null) {
        decimals = Arrays.stream(integers, 0, count).asDoubleStream().toArray();
      }
      if (decimals != null) {
        decimals = count < decimals.length ? decimals : Arrays.copyOf(decimals, count * 2 + 16);
        decimals[count++] = parser.getDoubleValue();
      } else {
        integers = count < integers.length ? integers : Arrays.copyOf(integers, count * 2);
        integers[count++] = integer(parser);
      }
    }
    return decimals != null
        ? new Cell.Decimals(Arrays.copyOf(decimals, count), true)
        : new Cell.Integers(Arrays.copyOf(integers, count), true);
  }

  /** Reads on to the end of the list that the parser stands in. */
  private static Cell skipped(JsonParser parser, String description) throws IOException {
    int depth = 1;
    for (JsonToken token = parser.currentToken(); ; token = parser.nextToken()) {
      if (token == null) {
        throw new JsonParseException(parser, "the list is not closed");
      }
      depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
      if (depth == 0) {
        return new Cell.Other(description);
      }
    }
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

  private static String describe(JsonToken token) {
    if (token == null) {
      return "nothing";
    }
    return switch (token) {
      case START_ARRAY -> "a list";
      case START_OBJECT -> "an object";
      case VALUE_STRING -> "a string";
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> "a number";
      case VALUE_TRUE, VALUE_FALSE -> "true or false";
      case VALUE_NULL -> "null";
      default -> token.name();
    };
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

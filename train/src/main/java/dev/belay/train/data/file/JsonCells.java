package dev.belay.train.data.file;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.InputCoercionException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Reads the values of JSON objects as cells; a column that is null is absent. */
final class JsonCells {
  static final JsonFactory JSON =
      new JsonFactoryBuilder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxStringLength(Utf8Lines.MAX_LINE_BYTES)
                  .maxNestingDepth(100)
                  .build())
          .build();

  private final List<String> names = new ArrayList<>();
  private final List<Cell> cells = new ArrayList<>();

  /** The names of the cells, in the order of the object. */
  List<String> names() {
    return names;
  }

  /** One for each name. */
  List<Cell> cells() {
    return cells;
  }

  /** Adds the value that the parser stands on, up to its last token. */
  void add(String name, JsonParser parser) throws IOException {
    if (parser.currentToken() != JsonToken.VALUE_NULL) {
      names.add(name);
      cells.add(cell(parser));
    }
  }

  private static Cell cell(JsonParser parser) throws IOException {
    return switch (parser.currentToken()) {
      case VALUE_STRING -> new Cell.Text(parser.getText());
      case VALUE_TRUE, VALUE_FALSE -> new Cell.Truth(parser.getBooleanValue());
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
      if (!token.isNumeric() && !token.isBoolean()) {
        return skipped(parser, "a list with " + describe(token) + " in it");
      }
      if (token == JsonToken.VALUE_NUMBER_FLOAT && decimals == null) {
        decimals = Arrays.stream(integers, 0, count).asDoubleStream().toArray();
      }
      if (decimals != null) {
        decimals = count < decimals.length ? decimals : Arrays.copyOf(decimals, count * 2 + 16);
        decimals[count++] = token.isBoolean() ? truth(token) : parser.getDoubleValue();
      } else {
        integers = count < integers.length ? integers : Arrays.copyOf(integers, count * 2);
        integers[count++] = token.isBoolean() ? truth(token) : integer(parser);
      }
    }
    return decimals != null
        ? new Cell.Decimals(Arrays.copyOf(decimals, count), true)
        : new Cell.Integers(Arrays.copyOf(integers, count), true);
  }

  private static int truth(JsonToken token) {
    return token == JsonToken.VALUE_TRUE ? 1 : 0;
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

  /** Description of the value that a token starts, for people. */
  static String describe(JsonToken token) {
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
}

package dev.belay.train.data.file;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.belay.train.data.DataException;
import dev.belay.train.data.SourcePosition;
import dev.belay.train.data.parquet.Column;
import dev.belay.train.data.parquet.Kind;
import dev.belay.train.data.parquet.ParquetException;
import dev.belay.train.data.parquet.ParquetFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Owns a Parquet file; a null is an absent column, as in JSON. */
final class ParquetRows implements RowReader {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path file;
  private final ParquetFile parquet;
  private final List<String> names;
  private List<String> columns;

  /** The columns of the current group; null where one cannot be read. */
  private Column[] group = {};

  private int groups;
  private int row;
  private int rows;
  private long number;

  ParquetRows(Path file) throws IOException {
    this.file = file;
    try {
      this.parquet = new ParquetFile(file);
    } catch (ParquetException e) {
      throw refused(file, e);
    }
    this.names = parquet.names();
    this.columns = names;
  }

  private static DataException refused(Path file, ParquetException e) {
    return new DataException(
        file
            + ": not a Parquet file that Belay reads: "
            + e.getMessage()
            + "; write it again, or as .jsonl, in Python:"
            + " pandas.read_parquet(\"data.parquet\").to_json(\"data.jsonl\","
            + " orient=\"records\", lines=True)",
        e);
  }

  @Override
  public Optional<Row> next() {
    while (row == rows) {
      if (groups == parquet.groups()) {
        return Optional.empty();
      }
      readGroup(groups++);
    }
    List<String> present = new ArrayList<>(names.size());
    List<Cell> cells = new ArrayList<>(names.size());
    for (int i = 0; i < names.size(); i++) {
      if (group[i] == null || !group[i].isNull(row)) {
        present.add(names.get(i));
        cells.add(
            group[i] == null
                ? new Cell.Other(parquet.unreadable(i).orElseThrow())
                : cell(group[i], row));
      }
    }
    if (!present.equals(columns)) {
      columns = List.copyOf(present);
    }
    row++;
    return Optional.of(new Row(SourcePosition.record(file, ++number), columns, cells));
  }

  private void readGroup(int index) {
    try {
      group = new Column[names.size()];
      for (int i = 0; i < group.length; i++) {
        group[i] = parquet.unreadable(i).isPresent() ? null : parquet.read(index, i);
      }
      row = 0;
      rows = parquet.rows(index);
    } catch (ParquetException e) {
      throw refused(file, e);
    } catch (IOException e) {
      throw DataFile.failure(file, e);
    }
  }

  private static Cell cell(Column column, int row) {
    if (column.hasNullInside(row)) {
      return new Cell.Other("a list with null in it");
    }
    return switch (column.kind()) {
      case TRUTH, INTEGER -> integers(column, row);
      case DECIMAL -> decimals(column, row);
      case TEXT -> texts(column, row);
    };
  }

  private static Cell integers(Column column, int row) {
    long[] values = column.integers(row);
    return column.kind() == Kind.TRUTH && !column.isList()
        ? new Cell.Truth(values[0] != 0)
        : new Cell.Integers(values, column.isList());
  }

  private static Cell decimals(Column column, int row) {
    double[] values = column.decimals(row);
    if (!Arrays.stream(values).allMatch(Double::isFinite)) {
      return new Cell.Other("NaN or an infinite number");
    }
    return values.length == 0
        ? new Cell.Integers(new long[0], true)
        : new Cell.Decimals(values, column.isList());
  }

  private static Cell texts(Column column, int row) {
    String[] values = column.texts(row);
    if (!column.isList()) {
      return new Cell.Text(values[0]);
    }
    return values.length == 0
        ? new Cell.Integers(new long[0], true)
        : new Cell.Texts(List.of(values));
  }

  /** The names that a data set of Hugging Face has for the numbers of its classes. */
  @Override
  public List<String> notes() {
    List<String> notes = new ArrayList<>();
    for (String name : names) {
      List<String> classes = classes(name);
      if (!classes.isEmpty()) {
        notes.add(
            file
                + ": the data set names the classes of '"
                + name
                + "', from 0: "
                + String.join(", ", classes));
      }
    }
    return notes;
  }

  private List<String> classes(String column) {
    try {
      JsonNode feature =
          JSON.readTree(parquet.huggingFace().orElse("{}"))
              .path("info")
              .path("features")
              .path(column);
      JsonNode listed = feature.has("feature") ? feature.path("feature") : feature;
      List<String> classes = new ArrayList<>();
      listed.path("names").forEach(name -> classes.add(name.asText()));
      return List.copyOf(classes);
    } catch (JsonProcessingException e) {
      return List.of(); // a comment of others, by which nothing is read
    }
  }

  @Override
  public void close() {
    try {
      parquet.close();
    } catch (IOException e) {
      throw DataFile.failure(file, e);
    }
  }
}

package dev.belay.train.data.file;

import dev.belay.savedmodel.record.ExampleReader;
import dev.belay.savedmodel.record.Feature;
import dev.belay.train.data.SourcePosition;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Owns a TFRecord file of tf.train.Example records; columns are in the order of their names. */
final class RecordRows implements RowReader {
  private final Path file;
  private final ExampleReader examples;
  private List<String> columns = List.of();

  RecordRows(Path file) throws IOException {
    this.file = file;
    this.examples = ExampleReader.open(file);
  }

  @Override
  public Optional<Row> next() {
    try {
      return examples.next().map(this::row);
    } catch (IOException e) {
      throw DataFile.failure(file, e);
    }
  }

  private Row row(Map<String, Feature> features) {
    List<String> names = new ArrayList<>(features.size());
    List<Cell> cells = new ArrayList<>(features.size());
    features.forEach(
        (name, feature) -> {
          if (feature.kind() != Feature.Kind.NONE) {
            names.add(name);
            cells.add(cell(feature));
          }
        });
    if (!names.equals(columns)) {
      columns = List.copyOf(names);
    }
    return new Row(SourcePosition.record(file, examples.examples()), columns, cells);
  }

  private static Cell cell(Feature feature) {
    return switch (feature.kind()) {
      case INT64 -> new Cell.Integers(feature.int64s(), true);
      case FLOAT -> new Cell.Decimals(widened(feature.floats()), true);
      case BYTES -> texts(feature.bytes());
      case NONE -> new Cell.Other("nothing");
    };
  }

  private static double[] widened(float[] values) {
    double[] wide = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      wide[i] = values[i];
    }
    return wide;
  }

  private static Cell texts(List<byte[]> values) {
    List<String> texts = new ArrayList<>(values.size());
    for (byte[] value : values) {
      try {
        texts.add(StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(value)).toString());
      } catch (CharacterCodingException e) {
        return new Cell.Other("bytes that are not UTF-8");
      }
    }
    return texts.size() == 1 ? new Cell.Text(texts.get(0)) : new Cell.Texts(texts);
  }

  @Override
  public void close() {
    try {
      examples.close();
    } catch (IOException e) {
      throw DataFile.failure(file, e);
    }
  }
}

package dev.belay.train.stability;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.belay.train.data.batch.Batch;
import dev.belay.train.data.batch.BatchColumn;
import dev.belay.train.data.batch.UpdateBatch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The batch of one step as JSON, to be fed again. */
final class BatchFile {
  private static final ObjectMapper JSON = new ObjectMapper();

  private BatchFile() {}

  /** One part; the positions of the examples are for people. */
  record Part(Map<String, Values> features, Values labels, List<String> examples) {}

  /** A column: one of the three lists is there. */
  @SuppressWarnings("ArrayRecordComponent") // handed over, never compared
  record Values(int rows, int columns, int[] ints, float[] floats, List<String> texts) {}

  static void write(UpdateBatch batch, Path file) throws IOException {
    List<Part> parts = new ArrayList<>();
    for (Batch part : batch.parts()) {
      Map<String, Values> features = new LinkedHashMap<>();
      part.features().forEach((name, column) -> features.put(name, values(column)));
      List<String> examples = part.sources().stream().map(String::valueOf).toList();
      parts.add(new Part(features, values(part.labels().orElseThrow()), examples));
    }
    Files.write(file, JSON.writeValueAsBytes(parts));
  }

  static UpdateBatch read(Path file) throws IOException {
    List<Batch> parts = new ArrayList<>();
    for (Part part : JSON.readValue(file.toFile(), Part[].class)) {
      Map<String, BatchColumn> features = new LinkedHashMap<>();
      part.features().forEach((name, values) -> features.put(name, column(values)));
      parts.add(Batch.ofColumns(features, Optional.of(column(part.labels()))));
    }
    return new UpdateBatch(parts);
  }

  private static Values values(BatchColumn column) {
    if (column instanceof BatchColumn.IntMatrix ints) {
      return new Values(ints.rows(), ints.columns(), ints.values(), null, null);
    }
    if (column instanceof BatchColumn.FloatMatrix floats) {
      return new Values(floats.rows(), floats.columns(), null, floats.values(), null);
    }
    BatchColumn.Texts texts = (BatchColumn.Texts) column;
    return new Values(texts.rows(), 1, null, null, texts.values());
  }

  private static BatchColumn column(Values values) {
    if (values.ints() != null) {
      return new BatchColumn.IntMatrix(values.rows(), values.columns(), values.ints());
    }
    return values.floats() != null
        ? new BatchColumn.FloatMatrix(values.rows(), values.columns(), values.floats())
        : new BatchColumn.Texts(values.texts());
  }
}

package dev.belay.savedmodel.record;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.Fixtures;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExampleReaderTest {
  @TempDir Path folder;

  @Test
  void theFeaturesOfBertExamples() throws IOException {
    JsonNode goldens = Fixtures.json(Fixtures.path("tfrecord", "examples.json")).get("examples");
    try (ExampleReader reader = ExampleReader.open(Fixtures.path("tfrecord", "train.tf_record"))) {
      for (JsonNode golden : goldens) {
        Map<String, Feature> features = reader.next().orElseThrow();
        assertEquals(
            Set.of("input_ids", "input_mask", "segment_ids", "label_ids", "is_real_example"),
            features.keySet());
        features.forEach(
            (name, feature) ->
                assertArrayEquals(
                    StreamSupport.stream(golden.get(name).spliterator(), false)
                        .mapToLong(JsonNode::longValue)
                        .toArray(),
                    feature.int64s(),
                    name));
      }
      assertFalse(reader.next().isPresent());
      assertEquals(goldens.size(), reader.examples());
    }
  }

  @Test
  void everyKindOfFeature() throws IOException {
    try (ExampleReader reader = ExampleReader.open(Fixtures.path("tfrecord", "mixed.tf_record"))) {
      Map<String, Feature> features = reader.next().orElseThrow();
      List<String> texts =
          features.get("text").bytes().stream().map(HexFormat.of()::formatHex).toList();
      assertEquals(List.of("6e61c3af766520f09f9880", "00ff"), texts);
      assertArrayEquals(
          new float[] {0.5f, -1.25f, Float.POSITIVE_INFINITY}, features.get("weights").floats());
      assertArrayEquals(new long[] {-1, 1L << 62}, features.get("negative").int64s());
      assertEquals(Feature.Kind.NONE, features.get("empty").kind());
      assertEquals(0, features.get("empty").int64s().length);
      assertEquals(
          "feature holds FLOAT, asked for INT64",
          assertThrows(IllegalStateException.class, () -> features.get("weights").int64s())
              .getMessage());
      // A record of no bytes is an example without features.
      assertEquals(Map.of(), reader.next().orElseThrow());
      assertFalse(reader.next().isPresent());
    }
  }

  @Test
  void aRecordThatIsNoExampleIsRefused() throws IOException {
    Path file = folder.resolve("none");
    try (RecordWriter writer = RecordWriter.create(file)) {
      writer.write(new byte[] {(byte) 0xff, (byte) 0xff, 1});
    }
    try (ExampleReader reader = ExampleReader.open(file)) {
      String message = assertThrows(CorruptModelException.class, reader::next).getMessage();
      assertTrue(message.contains("record 1: expected a tf.train.Example, found"), message);
    }
  }
}

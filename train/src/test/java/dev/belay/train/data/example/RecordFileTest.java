package dev.belay.train.data.example;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.ByteString;
import dev.belay.savedmodel.Fixtures;
import dev.belay.savedmodel.record.RecordWriter;
import dev.belay.train.data.DataException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.proto.example.BytesList;
import org.tensorflow.proto.example.Example;
import org.tensorflow.proto.example.Feature;
import org.tensorflow.proto.example.Features;
import org.tensorflow.proto.example.Int64List;

/** TFRecord files as google-research/bert writes them. */
class RecordFileTest {
  private static final List<FeatureRequest> BERT =
      List.of(
          FeatureRequest.ids("input_ids"),
          FeatureRequest.ids("attention_mask"),
          FeatureRequest.ids("token_type_ids"));

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"train.tf_record", "train.tf_record.gz", "train.tf_record.zlib"})
  void everyExampleIsThatOfTheFixture(String name) throws IOException {
    JsonNode expected = Fixtures.json(Fixtures.path("tfrecord", "examples.json")).path("examples");
    List<JsonNode> real =
        StreamSupport.stream(expected.spliterator(), false)
            .filter(example -> example.path("is_real_example").path(0).asInt() == 1)
            .toList();
    Dataset dataset = read(Fixtures.path("tfrecord", name));
    assertEquals(real.size(), dataset.size());
    for (int i = 0; i < real.size(); i++) {
      EncodedExample example = dataset.examples().get(i);
      assertArrayEquals(ints(real.get(i).path("input_ids")), row(example.features().get(0)));
      assertArrayEquals(ints(real.get(i).path("input_mask")), row(example.features().get(1)));
      assertArrayEquals(ints(real.get(i).path("segment_ids")), row(example.features().get(2)));
      assertArrayEquals(ints(real.get(i).path("label_ids")), row(example.label().orElseThrow()));
    }
    assertTrue(
        dataset.notes().get(0).contains("label from 'label_ids'"), dataset.notes().toString());
  }

  @Test
  void aDamagedFileIsRefusedByNameAndRecord() throws IOException {
    byte[] bytes = Files.readAllBytes(Fixtures.path("tfrecord", "train.tf_record"));
    bytes[500] ^= 1;
    Path file = Files.write(folder.resolve("damaged.tfrecord"), bytes);
    assertMessage(file, file + ": record 3");
    Path cut = Files.write(folder.resolve("cut.tfrecord"), java.util.Arrays.copyOf(bytes, 200));
    assertMessage(cut, cut + ": record 2 at byte 184");
    Path empty = Files.write(folder.resolve("empty.tfrecord"), new byte[0]);
    assertMessage(empty, empty + ": the file has no rows");
    Path text = Files.writeString(folder.resolve("text.tfrecord"), "text\tlabel\nhello\t1\n");
    assertMessage(text, text + ": record 1");
  }

  @Test
  void otherFeaturesAreRefusedWithThoseFound() throws IOException {
    Path file = folder.resolve("other.tfrecord");
    try (RecordWriter writer = RecordWriter.create(file)) {
      writer.write(example("tokens", INT64).toByteArray());
    }
    assertMessage(
        file,
        file
            + ": record 1: missing column: expected a text column: text (or sentence), for pairs"
            + " text and text_b; or input_ids for pre-tokenised data; found columns: tokens; name"
            + " it with --text-column, or rename the features of the records");
  }

  @Test
  void textsOfRecordsMustBeUtf8() throws IOException {
    List<FeatureRequest> string =
        List.of(FeatureRequest.of("text", "text", ElementType.STRING, -1));
    ExampleOptions options =
        new ExampleOptions(string, LabelRule.none(), 128, OptionalInt.empty(), OptionalInt.empty());
    Path file = folder.resolve("texts.tfrecord");
    try (RecordWriter writer = RecordWriter.create(file)) {
      writer.write(example("text", bytes("läuft".getBytes(StandardCharsets.UTF_8))).toByteArray());
      writer.write(example("text", bytes(new byte[] {'a', (byte) 0xE4})).toByteArray());
    }
    DataException e =
        assertThrows(
            DataException.class,
            () -> DatasetReader.read(List.of(file), options, Optional.empty()));
    assertEquals(
        file + ": record 2: column 'text': expected a text, found bytes that are not UTF-8",
        e.getMessage());
  }

  private static final Feature INT64 =
      Feature.newBuilder().setInt64List(Int64List.newBuilder().addValue(1)).build();

  private static Feature bytes(byte[] value) {
    return Feature.newBuilder()
        .setBytesList(BytesList.newBuilder().addValue(ByteString.copyFrom(value)))
        .build();
  }

  private static Example example(String name, Feature feature) {
    return Example.newBuilder()
        .setFeatures(Features.newBuilder().putFeature(name, feature))
        .build();
  }

  private static Dataset read(Path file) {
    ExampleOptions options =
        new ExampleOptions(BERT, LabelRule.classes(2), 128, OptionalInt.of(300), OptionalInt.of(0));
    return DatasetReader.read(List.of(file), options, Optional.empty());
  }

  private static void assertMessage(Path file, String expected) {
    String message = assertThrows(DataException.class, () -> read(file)).getMessage();
    assertTrue(message.contains(expected), message);
  }

  private static int[] row(FeatureRow row) {
    return ((FeatureRow.Ints) row).values();
  }

  private static int[] ints(JsonNode list) {
    int[] values = new int[list.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = list.path(i).asInt();
    }
    return values;
  }
}

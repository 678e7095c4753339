package dev.belay.savedmodel.record;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.Fixtures;
import dev.belay.savedmodel.MaskedCrc32c;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class RecordReaderTest {
  private static final Map<String, String> SAYS =
      Map.of(
          "length_crc", "record 1 at byte 0, length: expected bytes with checksum",
          "data_crc", "record 1 at byte 0, data: expected bytes with checksum",
          "cut", "record 2 at byte 40, data: expected 24 bytes, found the end of the file after",
          "length_2e60", "expected at most 67108864 bytes, found 1152921504606846976",
          "cut_in_length", "length: expected 12 bytes, found the end of the file after 3");

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"train.tf_record", "train.tf_record.gz", "train.tf_record.zlib"})
  void everyRecordIsWhatPythonWrote(String name) throws IOException {
    JsonNode examples = Fixtures.json(Fixtures.path("tfrecord", "examples.json")).get("examples");
    List<byte[]> records = readAll(Fixtures.path("tfrecord", name));
    assertEquals(examples.size(), records.size());
    for (int i = 0; i < records.size(); i++) {
      JsonNode golden = examples.get(i);
      assertEquals(golden.get("record_bytes").intValue(), records.get(i).length);
      assertEquals(
          golden.get("masked_crc32c_of_data").longValue(),
          Integer.toUnsignedLong(MaskedCrc32c.of(ByteBuffer.wrap(records.get(i)))));
    }
  }

  static Stream<JsonNode> corruptCases() throws IOException {
    JsonNode all = Fixtures.json(Fixtures.path("corrupt", "cases.json"));
    return StreamSupport.stream(all.spliterator(), false)
        .filter(node -> node.get("kind").textValue().equals("tfrecord"));
  }

  @Test
  void thereAreAllCases() throws IOException {
    assertEquals(6, corruptCases().count());
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("corruptCases")
  void aBrokenFileIsRefused(JsonNode node) {
    String name = node.get("name").textValue();
    Path file = Fixtures.path("corrupt").resolve(node.get("path").textValue());
    if (name.startsWith("ok_")) {
      assertTimeoutPreemptively(Duration.ofSeconds(5), () -> readAll(file));
      return;
    }
    CorruptModelException refusal =
        assertTimeoutPreemptively(
            Duration.ofSeconds(5),
            () -> assertThrows(CorruptModelException.class, () -> readAll(file)));
    assertTrue(refusal.getMessage().startsWith(file.toString()), refusal.getMessage());
    assertTrue(refusal.getMessage().contains(SAYS.get(name)), refusal.getMessage());
  }

  /** Cut anywhere but between two records, the end is missed; also within compressed bytes. */
  @ParameterizedTest
  @ValueSource(strings = {"mixed.tf_record", "train.tf_record.gz", "train.tf_record.zlib"})
  void aFileCutAnywhereIsRefused(String name) throws IOException {
    byte[] whole = Files.readAllBytes(Fixtures.path("tfrecord", name));
    Path file = folder.resolve("cut");
    int accepted = 0;
    for (int length = 1; length < whole.length; length++) {
      Files.write(file, Arrays.copyOf(whole, length));
      try {
        readAll(file);
        accepted++;
      } catch (CorruptModelException e) {
        assertTrue(e.getMessage().startsWith(file.toString()), e.getMessage());
      }
    }
    // The plain file has two records: it may end after the first.
    assertEquals(name.equals("mixed.tf_record") ? 1 : 0, accepted);
  }

  @Test
  void anEmptyFileHasNoRecords() throws IOException {
    Path file = Files.createFile(folder.resolve("empty"));
    assertEquals(List.of(), readAll(file));
  }

  @Test
  void aLongRecordIsRefusedWhenTheCallerSaysSo() throws IOException {
    Path file = folder.resolve("long");
    try (RecordWriter writer = RecordWriter.create(file)) {
      writer.write(new byte[1001]);
    }
    try (RecordReader reader = RecordReader.open(file, 1000)) {
      String message = assertThrows(CorruptModelException.class, reader::next).getMessage();
      assertTrue(message.contains("at most 1000 bytes, found 1001"), message);
    }
  }

  /** A record of 0x8b1f bytes starts as a GZIP file does. */
  @Test
  void aPlainFileThatLooksCompressedIsPlain() throws IOException {
    Path file = folder.resolve("looks");
    byte[] record = new byte[0x8b1f];
    Arrays.fill(record, (byte) 7);
    try (RecordWriter writer = RecordWriter.create(file)) {
      writer.write(record);
    }
    assertArrayEquals(record, readAll(file).get(0));
  }

  @Test
  void whatIsWrittenComesBackByteForByte() throws IOException {
    Path original = Fixtures.path("tfrecord", "train.tf_record");
    Path copy = folder.resolve("copy");
    List<byte[]> records = readAll(original);
    try (RecordWriter writer = RecordWriter.create(copy)) {
      for (byte[] record : records.subList(0, 10)) {
        writer.write(record);
      }
      writer.flush();
      for (byte[] record : records.subList(10, records.size())) {
        writer.write(record);
      }
    }
    assertArrayEquals(Files.readAllBytes(original), Files.readAllBytes(copy));
  }

  private static List<byte[]> readAll(Path file) throws IOException {
    List<byte[]> records = new ArrayList<>();
    try (RecordReader reader = RecordReader.open(file)) {
      Optional<byte[]> record = reader.next();
      while (record.isPresent()) {
        records.add(record.get());
        record = reader.next();
      }
      assertEquals(records.size(), reader.records());
    }
    return records;
  }
}

package dev.belay.savedmodel.safetensors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.Fixtures;
import dev.belay.savedmodel.UnsupportedModelException;
import dev.belay.savedmodel.tensor.FloatWidening;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.tensorflow.proto.framework.DataType;

class SafetensorsReaderTest {
  private static final Path BERT = Fixtures.path("safetensors_bert");

  @TempDir Path folder;

  @Test
  void everyTensorHasTheNormThatPythonFound() throws IOException {
    SafetensorsContents contents = SafetensorsReader.open(BERT.resolve("model.safetensors"));
    assertEquals(Map.of("format", "pt"), contents.metadata());
    int compared = 0;
    JsonNode norms = Fixtures.json(BERT.resolve("goldens.json")).get("tensors");
    for (JsonNode expected : norms) {
      String name = expected.get("name").textValue();
      if (contents.spec(name).dtype() == DataType.DT_FLOAT) {
        double golden = Fixtures.number(expected.get("l2"));
        assertEquals(golden, norm(contents.read(name)), 1e-9 * golden, name);
        compared++;
      }
    }
    assertEquals(41, compared);
    assertEquals(contents.names().size(), norms.size());
  }

  /** Half precision keeps 11 bits. */
  @Test
  void halfPrecisionIsWidenedWhenAsked() throws IOException {
    FloatWidening half =
        new FloatWidening(SafetensorsReader.open(BERT.resolve("model_fp16.safetensors")));
    SafetensorsContents full = SafetensorsReader.open(BERT.resolve("model.safetensors"));
    String name = "bert.embeddings.word_embeddings.weight";
    assertEquals(DataType.DT_HALF, half.stored().spec(name).dtype());
    assertEquals(full.spec(name), half.spec(name));
    FloatBuffer expected = full.read(name).asFloatBuffer();
    FloatBuffer found = half.read(name).asFloatBuffer();
    assertEquals(expected.remaining(), found.remaining());
    for (int i = 0; i < expected.remaining(); i++) {
      double error = Math.abs(expected.get(i) - found.get(i));
      assertTrue(error <= Math.abs(expected.get(i)) / 2048 + 1e-7, "element " + i);
    }
  }

  static Stream<Path> corrupt() throws IOException {
    return StreamSupport.stream(
            Fixtures.json(Fixtures.path("corrupt", "cases.json")).spliterator(), false)
        .filter(each -> each.get("kind").textValue().equals("safetensors"))
        .map(each -> Fixtures.path("corrupt").resolve(each.get("path").textValue()));
  }

  @ParameterizedTest
  @MethodSource("corrupt")
  void brokenFilesAreRefusedByName(Path file) {
    assertTimeoutPreemptively(
        Duration.ofSeconds(5),
        () -> {
          if (file.getFileName().toString().startsWith("ok_")) {
            SafetensorsReader.open(file);
            return;
          }
          CorruptModelException refused =
              assertThrows(CorruptModelException.class, () -> SafetensorsReader.open(file));
          assertEquals(file, refused.file());
          assertTrue(refused.getMessage().startsWith(file + ": "), refused.getMessage());
        });
  }

  @Test
  void thereAreAllCases() throws IOException {
    assertEquals(21, corrupt().count());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}} | 12 | tensor 'b': expected its first byte at 124, right after tensor 'a', found byte 120, shared bytes
          {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"more":1}} | 8 | tensor 'a': expected an object with dtype, shape and data_offsets, found [dtype, shape, data_offsets, more]
          {"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}} | 8 | tensor 'a', shape: expected whole numbers from 0 to 2^63 - 1, found 2.0
          {"a":{"dtype":"F32","shape":[2,9223372036854775808],"data_offsets":[0,8]}} | 8 | tensor 'a', shape: expected whole numbers from 0 to 2^63 - 1, found 9223372036854775808
          {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}} {} | 8 | header, byte 63: expected JSON, found Trailing token (of type START_OBJECT) found after value (bound as `com.fasterxml.jackson.databind.JsonNode`): not allowed as per `DeserializationFeature.FAIL_ON_TRAILING_TOKENS`
          """)
  void refusalsSayWhereAndWhat(String header, int data, String message) throws IOException {
    Path file = write(header, data);
    CorruptModelException refused =
        assertThrows(CorruptModelException.class, () -> SafetensorsReader.open(file));
    assertEquals(file + ": " + message, refused.getMessage());
  }

  @Test
  void anElementTypeThatTensorFlowLacksIsNotSupported() throws IOException {
    Path file = write("{\"a\":{\"dtype\":\"F8_E4M3\",\"shape\":[8],\"data_offsets\":[0,8]}}", 8);
    UnsupportedModelException refused =
        assertThrows(UnsupportedModelException.class, () -> SafetensorsReader.open(file));
    assertEquals(
        file
            + ": tensor 'a': elements of type F8_E4M3, which TensorFlow 2.10 does not know; save"
            + " the model again in bfloat16 or float32",
        refused.getMessage());
  }

  @Test
  void anIndexNamesOnlyFilesBesideIt() throws IOException {
    Path index = folder.resolve("model.safetensors.index.json");
    Files.writeString(index, "{\"weight_map\":{\"a\":\"../secret.safetensors\"}}");
    CorruptModelException refused =
        assertThrows(CorruptModelException.class, () -> SafetensorsReader.open(index));
    assertEquals(
        index
            + ": weight_map: expected names of .safetensors files beside the index, found"
            + " '../secret.safetensors'",
        refused.getMessage());
  }

  private Path write(String header, int data) throws IOException {
    byte[] text = header.getBytes(StandardCharsets.UTF_8);
    ByteBuffer bytes =
        ByteBuffer.allocate(8 + text.length + data)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(text.length)
            .put(text);
    return Files.write(folder.resolve("a.safetensors"), bytes.array());
  }

  private static double norm(ByteBuffer elements) {
    FloatBuffer values = elements.asFloatBuffer();
    double squares = 0;
    while (values.hasRemaining()) {
      float value = values.get();
      squares += (double) value * value;
    }
    return Math.sqrt(squares);
  }
}

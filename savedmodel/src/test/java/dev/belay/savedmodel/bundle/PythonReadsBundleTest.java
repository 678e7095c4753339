package dev.belay.savedmodel.bundle;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import dev.belay.savedmodel.Fixtures;
import dev.belay.savedmodel.PythonInterop;
import dev.belay.savedmodel.tensor.TensorSpec;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.DataType;

/** TensorFlow's own reader restores what Belay writes. */
class PythonReadsBundleTest {
  @TempDir Path folder;

  @Test
  void everyKindOfTensor() throws IOException, InterruptedException {
    Path prefix = folder.resolve("written");
    try (BundleWriter writer = BundleWriter.create(prefix)) {
      writer.add("a/scalar", new TensorSpec(DataType.DT_INT64, Shape.scalar()), bytes(8));
      writer.add("a/matrix", new TensorSpec(DataType.DT_FLOAT, Shape.of(2, 3)), bytes(24));
      writer.add("a/none", new TensorSpec(DataType.DT_FLOAT, Shape.of(0, 3)), bytes(0));
      writer.add("a/half", new TensorSpec(DataType.DT_HALF, Shape.of(5)), bytes(10));
      writer.add("a/bool", new TensorSpec(DataType.DT_BOOL, Shape.of(1)), ByteBuffer.allocate(1));
      writer.addStrings(
          "a/text",
          Shape.of(3),
          List.of(new byte[0], "text".getBytes(StandardCharsets.UTF_8), new byte[200]));
      writer.commit();
    }
    assertSameInPython(prefix);
  }

  @Test
  void partitionedVariables() throws IOException, InterruptedException {
    BundleContents original =
        BundleReader.open(
            Fixtures.path("savedmodel_tf1", "saved_model_ref", "variables").resolve("variables"));
    Path prefix = folder.resolve("copy");
    BundleWriterTest.copy(original, prefix);
    assertSameInPython(prefix);
  }

  private static void assertSameInPython(Path prefix) throws IOException, InterruptedException {
    JsonNode python = PythonInterop.run(PythonInterop.script("read_checkpoint.py"), prefix);
    BundleContents contents = BundleReader.open(prefix);
    assertEquals(contents.names().size(), python.size());
    for (String name : contents.names()) {
      TensorSpec spec = contents.spec(name);
      JsonNode found = python.get(name);
      assertEquals(spec.dtype().getNumber(), found.get("dtype").intValue(), name);
      assertEquals(
          Arrays.toString(spec.shape().asArray()).replace(" ", ""),
          found.get("shape").toString(),
          name);
      assertEquals(checksum(contents, name), found.get("crc32").longValue(), name);
    }
  }

  private static long checksum(BundleContents contents, String name) throws IOException {
    CRC32 crc = new CRC32();
    if (contents.spec(name).isNumeric()) {
      crc.update(contents.read(name));
      return crc.getValue();
    }
    ByteArrayOutputStream joined = new ByteArrayOutputStream();
    for (byte[] element : contents.readStrings(name)) {
      joined.writeBytes(element);
      joined.write(0);
    }
    crc.update(joined.toByteArray(), 0, joined.size() - 1);
    return crc.getValue();
  }

  private static ByteBuffer bytes(int count) {
    ByteBuffer buffer = ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < count; i++) {
      buffer.put(i, (byte) (3 * i + 1));
    }
    return buffer;
  }
}

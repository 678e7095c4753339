package dev.belay.savedmodel.bundle;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.Fixtures;
import dev.belay.savedmodel.tensor.TensorSlice;
import dev.belay.savedmodel.tensor.TensorSpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.DataType;

class BundleWriterTest {
  private static final TensorSpec PAIR = new TensorSpec(DataType.DT_FLOAT, Shape.of(2));

  @TempDir Path folder;

  /** TensorFlow's own files are the oracle: what it wrote comes out again byte for byte. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "bert_tf1_ckpt/model.ckpt-20",
        "bert_tf1_ckpt/bert_model.ckpt",
        "bert_tf2_ckpt/ckpt_legacy-3",
        "bert_tf2_ckpt/ckpt_experimental-3",
        "savedmodel_keras_bert/saved_model/variables/variables",
        "savedmodel_tf1/saved_model_ref/variables/variables",
        "savedmodel_tfmodule/saved_model/variables/variables"
      })
  void writesWhatTensorFlowWrote(String fixture) throws IOException {
    Path original = Fixtures.path(fixture + ".index");
    Path prefix = original.resolveSibling(original.getFileName().toString().replace(".index", ""));
    BundleContents contents = BundleReader.open(prefix);
    Path copy = folder.resolve("copy");
    copy(contents, copy);
    assertArrayEquals(
        Files.readAllBytes(BundleFiles.shard(prefix, 0, 1)),
        Files.readAllBytes(BundleFiles.shard(copy, 0, 1)));
    assertArrayEquals(Files.readAllBytes(original), Files.readAllBytes(BundleFiles.index(copy)));
  }

  /** Enough entries for several blocks of the table and separators between them. */
  @Test
  void aLargeIndexHasSeveralBlocks() throws IOException {
    Path prefix = folder.resolve("many");
    int tensors = 20_000;
    try (BundleWriter writer = BundleWriter.create(prefix)) {
      for (int i = 0; i < tensors; i++) {
        writer.add(String.format("layer_%05d/kernel", i), PAIR, floats(i, -i));
      }
      writer.commit();
    }
    assertTrue(Files.size(BundleFiles.index(prefix)) > 2 << 18);
    BundleContents contents = BundleReader.open(prefix);
    contents.verifyAll();
    assertEquals(tensors, contents.names().size());
    assertEquals(floats(12_345, -12_345), contents.read("layer_12345/kernel"));
  }

  @Test
  void stringsComeBack() throws IOException {
    Path prefix = folder.resolve("strings");
    List<byte[]> strings = new ArrayList<>();
    for (String text : List.of("", "a", "\0", "x".repeat(300), "你好", "é")) {
      strings.add(text.getBytes(StandardCharsets.UTF_8));
    }
    try (BundleWriter writer = BundleWriter.create(prefix)) {
      writer.addStrings("some", Shape.of(2, 3), strings);
      writer.addStrings("none", Shape.of(0, 3), List.of());
      writer.commit();
    }
    BundleContents contents = BundleReader.open(prefix);
    contents.verifyAll();
    assertArrayEquals(strings.toArray(), contents.readStrings("some").toArray());
    assertEquals(List.of(), contents.readStrings("none"));
  }

  @Test
  void aMappedTensorComesBack() throws Exception {
    Path prefix = folder.resolve("large");
    int elements = (5 << 18) + 3; // five pieces and a rest
    ByteBuffer values = ByteBuffer.allocate(elements * Float.BYTES);
    values.order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < elements; i++) {
      values.putFloat(i * Float.BYTES, i);
    }
    TensorSpec spec = new TensorSpec(DataType.DT_FLOAT, Shape.of(elements));
    List<WrittenFile> written;
    try (BundleWriter writer = BundleWriter.create(prefix)) {
      writer.add("a", PAIR, floats(1, 2));
      writer.add("large", spec, values);
      written = writer.commit();
    }
    assertEquals(
        List.of(BundleFiles.index(prefix), BundleFiles.shard(prefix, 0, 1)),
        written.stream().map(WrittenFile::path).toList());
    for (WrittenFile file : written) {
      byte[] content = Files.readAllBytes(file.path());
      assertEquals(content.length, file.bytes());
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(content);
      assertEquals(HexFormat.of().formatHex(hash), file.sha256());
    }
    BundleContents contents = BundleReader.open(prefix);
    contents.verifyAll();
    assertEquals(values, contents.read("large"));
  }

  @Test
  void withoutACommitNothingIsLeft() throws IOException {
    Path prefix = folder.resolve("given-up");
    try (BundleWriter writer = BundleWriter.create(prefix)) {
      writer.add("a", PAIR, floats(1, 2));
    }
    try (var files = Files.list(folder)) {
      assertEquals(List.of(), files.toList());
    }
  }

  @Test
  void anExistingCheckpointIsNotOverwritten() throws IOException {
    Path prefix = folder.resolve("there");
    try (BundleWriter writer = BundleWriter.create(prefix)) {
      writer.commit();
    }
    assertThrows(IOException.class, () -> BundleWriter.create(prefix).close());
    assertTrue(Files.exists(BundleFiles.shard(prefix, 0, 1)));
  }

  @Test
  void whatDoesNotFitIsRefused() throws IOException {
    try (BundleWriter writer = BundleWriter.create(folder.resolve("odd"))) {
      writer.add("a", PAIR, floats(1, 2));
      assertEquals(
          "tensor 'a': written before",
          assertThrows(IllegalArgumentException.class, () -> writer.add("a", PAIR, floats(1, 2)))
              .getMessage());
      assertEquals(
          "tensor 'b' of DT_FLOAT [2] with 12 bytes",
          assertThrows(IllegalArgumentException.class, () -> writer.add("b", PAIR, floats(1, 2, 3)))
              .getMessage());
      assertThrows(
          IllegalArgumentException.class,
          () -> writer.addStrings("c", Shape.of(2), List.of(new byte[0])));
      assertThrows(IllegalArgumentException.class, () -> writer.add("", PAIR, floats(1, 2)));
    }
  }

  @Test
  void slicesThatDoNotMakeUpTheWholeAreRefusedOnReading() throws IOException {
    Path prefix = folder.resolve("gap");
    TensorSpec whole = new TensorSpec(DataType.DT_FLOAT, Shape.of(4));
    try (BundleWriter writer = BundleWriter.create(prefix)) {
      writer.addSlice("v", whole, TensorSlice.of(0, 2), floats(1, 2));
      writer.commit();
    }
    String message =
        assertThrows(CorruptModelException.class, () -> BundleReader.open(prefix)).getMessage();
    assertTrue(message.contains("entry 'v': expected slices that make up [4], found 2"), message);
  }

  @Test
  void slicesOfTwoDimensionsAreAssembled() throws IOException {
    Path prefix = folder.resolve("quarters");
    TensorSpec whole = new TensorSpec(DataType.DT_FLOAT, Shape.of(2, 4));
    try (BundleWriter writer = BundleWriter.create(prefix)) {
      writer.addSlice("v", whole, TensorSlice.of(0, 1, 0, -1), floats(1, 2, 3, 4));
      writer.addSlice("v", whole, TensorSlice.of(1, 1, 0, 3), floats(5, 6, 7));
      writer.addSlice("v", whole, TensorSlice.of(1, 1, 3, 1), floats(8));
      writer.commit();
    }
    BundleContents contents = BundleReader.open(prefix);
    assertEquals(floats(1, 2, 3, 4, 5, 6, 7, 8), contents.read("v"));
    assertEquals(floats(3, 4, 7, 8), contents.readSlice("v", TensorSlice.of(0, -1, 2, 2)));
    assertFalse(contents.slices("v").isEmpty());
  }

  static void copy(BundleContents contents, Path prefix) throws IOException {
    try (BundleWriter writer = BundleWriter.create(prefix)) {
      for (String name : contents.namesInFileOrder()) {
        TensorSpec spec = contents.spec(name);
        if (!spec.isNumeric()) {
          writer.addStrings(name, spec.shape(), contents.readStrings(name));
        } else if (contents.slices(name).isEmpty()) {
          writer.add(name, spec, contents.read(name));
        }
        for (TensorSlice slice : contents.slices(name)) {
          writer.addSlice(name, spec, slice, contents.readSlice(name, slice));
        }
      }
      writer.commit();
    }
  }

  static ByteBuffer floats(float... values) {
    ByteBuffer buffer =
        ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      buffer.putFloat(value);
    }
    return buffer.flip();
  }
}

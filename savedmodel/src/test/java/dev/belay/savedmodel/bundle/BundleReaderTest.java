package dev.belay.savedmodel.bundle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.ByteString;
import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.Fixtures;
import dev.belay.savedmodel.tensor.Shapes;
import dev.belay.savedmodel.tensor.TensorSlice;
import dev.belay.savedmodel.tensor.TensorSpec;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.TrackableObjectGraph;
import org.tensorflow.proto.util.BundleEntryProto;
import org.tensorflow.proto.util.BundleHeaderProto;

class BundleReaderTest {
  private static final Path TF1 = Fixtures.path("bert_tf1_ckpt");

  @Test
  void everyTensorHasTheSumsThatPythonFound() throws IOException {
    BundleContents contents = BundleReader.open(TF1.resolve("model.ckpt-20"));
    contents.verifyAll();
    JsonNode tensors = Fixtures.json(TF1.resolve("checksums.json"));
    assertEquals(tensors.size(), contents.names().size());
    for (Map.Entry<String, JsonNode> expected : tensors.properties()) {
      JsonNode golden = expected.getValue();
      TensorSpec spec = contents.spec(expected.getKey());
      if (spec.dtype() == DataType.DT_FLOAT) {
        FloatBuffer values = contents.read(expected.getKey()).asFloatBuffer();
        double sum = 0;
        double squares = 0;
        for (int i = 0; i < values.limit(); i++) {
          sum += values.get(i);
          squares += (double) values.get(i) * values.get(i);
        }
        assertEquals(Fixtures.number(golden.get("sum_f64")), sum, 1e-9, expected.getKey());
        assertEquals(Fixtures.number(golden.get("l2_f64")), Math.sqrt(squares), 1e-9);
        assertEquals(Fixtures.number(golden.get("first")), values.get(0));
        assertEquals(Fixtures.number(golden.get("last")), values.get(values.limit() - 1));
      }
    }
    assertEquals(20, contents.read("global_step").getLong());
  }

  /** The sharded checkpoint holds the weights of the pretrained one, in two data files. */
  @Test
  void shardsMakeOneCheckpoint() throws IOException {
    BundleContents sharded = BundleReader.open(TF1.resolve("sharded.ckpt"));
    BundleContents single = BundleReader.open(TF1.resolve("model.ckpt-20"));
    sharded.verifyAll();
    int compared = 0;
    for (String name : sharded.names()) {
      if (single.names().contains(name)) {
        assertEquals(single.read(name), sharded.read(name), name);
        compared++;
      }
    }
    assertTrue(compared > 20, "compared " + compared);
  }

  @Test
  void aPartitionedVariableIsAssembled() throws IOException {
    BundleContents contents =
        BundleReader.open(
            Fixtures.path("savedmodel_tf1", "saved_model_ref", "variables").resolve("variables"));
    List<String> partitioned =
        contents.names().stream().filter(name -> !contents.slices(name).isEmpty()).toList();
    String name = "bert/embeddings/word_embeddings";
    assertEquals(List.of(name, name + "/Adam", name + "/Adam_1"), partitioned);
    List<TensorSlice> slices = contents.slices(name);
    TensorSpec whole = contents.spec(name);
    assertTrue(slices.size() > 1, slices.toString());
    FloatBuffer all = contents.read(name).asFloatBuffer();
    assertEquals(whole.elements(), all.limit());
    int columns = (int) whole.shape().get(1);
    for (TensorSlice slice : slices) {
      FloatBuffer part = contents.readSlice(name, slice).asFloatBuffer();
      int row = (int) slice.extents().get(0).start();
      assertEquals(all.slice(row * columns, part.limit()), part);
    }
    // A slice that is not stored is cut out of the whole.
    FloatBuffer cut = contents.readSlice(name, TensorSlice.of(1, 2, 3, 1)).asFloatBuffer();
    assertEquals(all.get(columns + 3), cut.get(0));
    assertEquals(all.get(2 * columns + 3), cut.get(1));
  }

  @Test
  void theObjectGraphIsAString() throws IOException {
    BundleContents contents =
        BundleReader.open(
            Fixtures.path("savedmodel_keras_bert", "saved_model", "variables")
                .resolve("variables"));
    List<byte[]> strings = contents.readStrings("_CHECKPOINTABLE_OBJECT_GRAPH");
    assertEquals(1, strings.size());
    assertTrue(TrackableObjectGraph.parseFrom(strings.get(0)).getNodesCount() > 40);
    assertEquals(Shape.scalar(), contents.spec("_CHECKPOINTABLE_OBJECT_GRAPH").shape());
  }

  @ParameterizedTest
  @ValueSource(strings = {"no/such/tensor", ""})
  void anUnknownNameIsAnError(String name) throws IOException {
    BundleContents contents = BundleReader.open(TF1.resolve("model.ckpt-20"));
    String message =
        assertThrows(IllegalArgumentException.class, () -> contents.read(name)).getMessage();
    assertTrue(message.startsWith("no tensor '" + name + "' in checkpoint"), message);
  }

  @Test
  void theBufferStartsAtTheTensor() throws IOException {
    BundleContents contents = BundleReader.open(TF1.resolve("model.ckpt-20"));
    for (String name : contents.names()) {
      ByteBuffer buffer = contents.read(name);
      assertEquals(0, buffer.position());
      assertEquals(contents.spec(name).bytes(), buffer.remaining());
    }
  }

  @Test
  void whatIsNoCheckpointIsNamed(@TempDir Path folder) throws IOException {
    Path missing = folder.resolve("model.ckpt");
    assertEquals(
        missing + ".index: file: expected the index of a checkpoint, found no such file",
        assertThrows(CorruptModelException.class, () -> BundleReader.open(missing)).getMessage());
    Path old = Files.createFile(folder.resolve("old.ckpt"));
    String message =
        assertThrows(CorruptModelException.class, () -> BundleReader.open(old)).getMessage();
    assertTrue(message.contains("found one file, as TensorFlow 0.x wrote them"), message);
  }

  /** The file has a hole of 2 GB: it takes no room on the disk. */
  @Test
  void aTensorOfTwoGigabytesIsRefusedWhenRead(@TempDir Path folder) throws IOException {
    Path prefix = folder.resolve("large");
    long bytes = 1L << 31;
    try (RandomAccessFile file =
        new RandomAccessFile(BundleFiles.shard(prefix, 0, 1).toFile(), "rw")) {
      file.setLength(bytes);
    }
    TableWriter table = new TableWriter();
    table.add(
        ByteString.EMPTY, BundleHeaderProto.newBuilder().setNumShards(1).build().toByteString());
    table.add(
        ByteString.copyFromUtf8("embeddings"),
        BundleEntryProto.newBuilder()
            .setDtype(DataType.DT_FLOAT)
            .setShape(Shapes.toProto(Shape.of(bytes / 4)))
            .setSize(bytes)
            .build()
            .toByteString());
    Files.write(BundleFiles.index(prefix), table.finish());
    BundleContents contents = BundleReader.open(prefix);
    assertEquals(bytes, contents.spec("embeddings").bytes());
    assertEquals(
        BundleFiles.index(prefix)
            + ": entry 'embeddings': expected a tensor of less than 2 GB, the most that Belay reads"
            + " at once, found DT_FLOAT [536870912], 2147483648 bytes",
        assertThrows(CorruptModelException.class, () -> contents.read("embeddings")).getMessage());
  }
}

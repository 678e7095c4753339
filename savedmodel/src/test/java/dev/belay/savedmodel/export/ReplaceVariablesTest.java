package dev.belay.savedmodel.export;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.belay.savedmodel.Fixtures;
import dev.belay.savedmodel.PythonInterop;
import dev.belay.savedmodel.bundle.BundleContents;
import dev.belay.savedmodel.bundle.BundleReader;
import dev.belay.savedmodel.model.GraphPolicy;
import dev.belay.savedmodel.model.ModelVariable;
import dev.belay.savedmodel.model.SavedModelContents;
import dev.belay.savedmodel.model.SavedModelReader;
import dev.belay.savedmodel.tensor.MemoryTensors;
import dev.belay.savedmodel.tensor.TensorSpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.DataType;

class ReplaceVariablesTest {
  private static final Path KERAS = Fixtures.path("savedmodel_keras_bert", "saved_model");

  /** What the Python check adds too: exact in float32 on both sides. */
  private static final float ADDED = 0.125f;

  /** How much Python must have compared, by model. */
  private static final Map<String, String> EXPECTED =
      new TreeMap<>(
          Map.of(
              "savedmodel_keras_bert/saved_model",
              "{\"signatures\":1,\"objects\":40,\"keras\":40}",
              "savedmodel_hf_bert/saved_model",
              "{\"signatures\":2,\"objects\":41,\"keras\":41}",
              "savedmodel_tfmodule/saved_model",
              "{\"signatures\":3,\"objects\":11}",
              "savedmodel_tf1/saved_model_ref",
              "{\"signatures\":2,\"version_1\":81}",
              "savedmodel_tf1/saved_model_resource",
              "{\"signatures\":2,\"version_1\":26}"));

  @TempDir Path folder;

  @Test
  void withoutNewValuesTheCopyIsTheOriginal() throws IOException {
    Path target = folder.resolve("1");
    SavedModelWriter.replaceVariables(KERAS, new MemoryTensors(), Map.of(), target);
    try (Stream<Path> files = Files.walk(KERAS)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        assertArrayEquals(
            Files.readAllBytes(file),
            Files.readAllBytes(target.resolve(KERAS.relativize(file).toString())),
            file.toString());
      }
    }
  }

  @Test
  void unknownKeysAndWrongSizesAreAllNamed() throws IOException {
    BundleContents checkpoint = BundleReader.open(SavedModelWriter.variablesPrefix(KERAS));
    String known =
        checkpoint.names().stream()
            .filter(key -> checkpoint.spec(key).dtype() == DataType.DT_FLOAT)
            .findFirst()
            .orElseThrow();
    TensorSpec spec = new TensorSpec(DataType.DT_FLOAT, Shape.of(0));
    MemoryTensors values = new MemoryTensors();
    for (String key : List.of("no/such/key", "_CHECKPOINTABLE_OBJECT_GRAPH", known)) {
      values.put(key, spec, ByteBuffer.allocate(0));
    }
    Path target = folder.resolve("1");
    String message =
        assertThrows(
                IllegalArgumentException.class,
                () -> SavedModelWriter.replaceVariables(KERAS, values, Map.of(), target))
            .getMessage();
    assertTrue(message.contains("'no/such/key' is not in the checkpoint"), message);
    assertTrue(message.contains("'_CHECKPOINTABLE_OBJECT_GRAPH' holds strings"), message);
    assertTrue(message.contains("'" + known + "' is DT_FLOAT ["), message);
    assertTrue(message.contains(" bytes, the new value is DT_FLOAT [0], 0 bytes"), message);
    assertFalse(Files.exists(target));
  }

  /** The numbers of the old checkpoint must not be vouched for by a copied fingerprint. */
  @Test
  void theFingerprintForgetsTheOldNumbers() throws IOException {
    Path source = folder.resolve("source");
    SavedModelWriter.replaceVariables(KERAS, new MemoryTensors(), Map.of(), source);
    // saved_model_checksum 5, checkpoint_hash 7, uuid "u".
    Files.write(source.resolve("fingerprint.pb"), new byte[] {8, 5, 40, 7, 58, 1, 'u'});
    SavedModelWriter.replaceVariables(source, new MemoryTensors(), Map.of(), folder.resolve("1"));
    assertArrayEquals(new byte[] {8, 5}, Files.readAllBytes(folder.resolve("1/fingerprint.pb")));
  }

  /** One Python for all: it takes longer to start than to load them. */
  @Test
  void pythonLoadsTheNewValues() throws IOException, InterruptedException {
    List<Object> arguments = new ArrayList<>(List.of(ADDED));
    for (String fixture : EXPECTED.keySet()) {
      Path target = folder.resolve(fixture);
      SavedModelWriter.replaceVariables(
          Fixtures.path(fixture), allFloatsMoved(Fixtures.path(fixture)), Map.of(), target);
      arguments.addAll(List.of(Fixtures.path(fixture), target));
    }
    JsonNode found =
        PythonInterop.run(PythonInterop.script("check_replaced_variables.py"), arguments.toArray());
    Map<String, String> compared = new TreeMap<>();
    for (String fixture : EXPECTED.keySet()) {
      compared.put(fixture, found.get(compared.size()).toString());
    }
    assertEquals(EXPECTED, compared);
  }

  /** Training knows the parts of a partitioned variable; the checkpoint holds its whole. */
  @Test
  void partsAreJoined() throws IOException {
    Path source = Fixtures.path("savedmodel_tf1", "saved_model_ref");
    SavedModelContents model = SavedModelReader.read(source, GraphPolicy.strict());
    Map<ModelVariable, String> names = new LinkedHashMap<>();
    MemoryTensors values = new MemoryTensors();
    int parts = 0;
    for (ModelVariable variable : model.variables()) {
      if (variable.dtype() == DataType.DT_FLOAT) {
        String name = "variable " + variable.id();
        names.put(variable, name);
        values.put(
            name, new TensorSpec(variable.dtype(), variable.shape()), moved(model.read(variable)));
        parts += model.slice(variable).isPresent() ? 1 : 0;
      }
    }
    assertEquals(6, parts);
    SavedModelWriter.replaceVariables(model, names, values, Map.of(), folder.resolve("1"));
    BundleContents written =
        BundleReader.open(SavedModelWriter.variablesPrefix(folder.resolve("1")));
    written.verifyAll();
    MemoryTensors expected = allFloatsMoved(source);
    for (String key : expected.names()) {
      assertEquals(expected.read(key), written.read(key), key);
    }
  }

  private static MemoryTensors allFloatsMoved(Path model) throws IOException {
    BundleContents contents = BundleReader.open(SavedModelWriter.variablesPrefix(model));
    MemoryTensors values = new MemoryTensors();
    for (String key : contents.names()) {
      TensorSpec spec = contents.spec(key);
      if (spec.dtype() == DataType.DT_FLOAT) {
        values.put(key, spec, moved(contents.read(key)));
      }
    }
    return values;
  }

  private static ByteBuffer moved(ByteBuffer old) {
    ByteBuffer moved = ByteBuffer.allocate(old.remaining()).order(ByteOrder.LITTLE_ENDIAN);
    while (old.hasRemaining()) {
      moved.putFloat(old.getFloat() + ADDED);
    }
    return moved.flip();
  }
}

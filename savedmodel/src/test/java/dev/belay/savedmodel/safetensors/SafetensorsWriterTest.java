package dev.belay.savedmodel.safetensors;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SafetensorsWriterTest {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "safetensors_bert/model.safetensors",
        "safetensors_bert/model_fp16.safetensors",
        "gpt2_tiny/model.safetensors",
        "t5_tiny/model.safetensors"
      })
  void whatPythonWroteComesOutByteForByte(String fixture) throws IOException {
    Path original = Fixtures.path(fixture);
    SafetensorsContents contents = SafetensorsReader.open(original);
    Path copy = folder.resolve("copy.safetensors");
    SafetensorsWriter.write(copy, contents, contents.metadata());
    assertArrayEquals(Files.readAllBytes(original), Files.readAllBytes(copy));
  }

  @Test
  void shardsAndTheirIndexAreOneModel() throws IOException {
    SafetensorsContents original =
        SafetensorsReader.open(Fixtures.path("safetensors_bert", "model.safetensors"));
    SafetensorsWriter.writeModel(folder, original, original.metadata(), 40_000);
    Path index = folder.resolve("model.safetensors.index.json");
    SafetensorsContents sharded = SafetensorsReader.open(index);
    assertEquals(original.names().size(), sharded.names().size());
    assertEquals(4, sharded.files().size());
    for (String name : original.names()) {
      assertEquals(original.spec(name), sharded.spec(name));
      assertEquals(original.read(name), sharded.read(name), name);
    }
    Files.delete(folder.resolve("model-00002-of-00004.safetensors"));
    CorruptModelException refused =
        assertThrows(CorruptModelException.class, () -> SafetensorsReader.open(index));
    assertEquals(
        index
            + ": weight_map: expected its 4 files beside it, found 1 missing:"
            + " model-00002-of-00004.safetensors; download them too, or all of the folder again",
        refused.getMessage());
  }
}

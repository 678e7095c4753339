package dev.belay.savedmodel.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.savedmodel.Fixtures;
import dev.belay.savedmodel.tensor.NamedTensors;
import dev.belay.savedmodel.tensor.TensorSpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * No writer gathers the weights: each tensor is read once, when all that were read before it are in
 * the file. A model larger than the Java heap is written so.
 */
class TensorByTensorTest {
  private static final Path BERT = Fixtures.path("safetensors_bert");
  private static final Path GRAPH = Fixtures.path("savedmodel_hf_bert", "saved_model");

  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource(value = WeightTarget.class, mode = EnumSource.Mode.EXCLUDE, names = "PEFT")
  void eachTensorIsInTheFileBeforeTheNextIsRead(WeightTarget target) throws IOException {
    ModelWeights weights = WeightReader.read(BERT);
    WatchedTensors watched = new WatchedTensors(weights.canonical());
    ModelWeights source =
        new ModelWeights(
            weights.location(),
            weights.configuration(),
            weights.naming(),
            weights.stored(),
            watched,
            weights.storedNames(),
            weights.optimizer(),
            weights.leftovers(),
            weights.savedModel());
    if (target == WeightTarget.SAVEDMODEL) {
      GraphWeights.write(source, WeightReader.read(GRAPH), folder.resolve("written"), Map.of());
    } else {
      WeightWriter.write(source, target, folder.resolve("written"), Map.of());
    }
    assertEquals(watched.names().size(), watched.read.size());
    assertEquals(watched.names(), new HashSet<>(watched.read));
    assertTrue(watched.readBytes > 100_000, watched.readBytes + " bytes");
  }

  /** Looks at the files whenever a tensor is read. */
  private final class WatchedTensors implements NamedTensors {
    private final NamedTensors tensors;
    private final List<String> read = new ArrayList<>();
    private long readBytes;

    WatchedTensors(NamedTensors tensors) {
      this.tensors = tensors;
    }

    @Override
    public ByteBuffer read(String name) throws IOException {
      long written = written();
      assertTrue(
          written >= readBytes,
          name + " is read when of " + readBytes + " bytes only " + written + " are written");
      read.add(name);
      readBytes += spec(name).bytes();
      return tensors.read(name);
    }

    private long written() throws IOException {
      long bytes = 0;
      try (Stream<Path> files = Files.walk(folder)) {
        for (Path file : files.filter(Files::isRegularFile).toList()) {
          bytes += Files.size(file);
        }
      }
      return bytes;
    }

    @Override
    public Set<String> names() {
      return tensors.names();
    }

    @Override
    public TensorSpec spec(String name) {
      return tensors.spec(name);
    }

    @Override
    public List<byte[]> readStrings(String name) throws IOException {
      return tensors.readStrings(name);
    }
  }
}

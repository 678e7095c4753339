package dev.belay.savedmodel.safetensors;

import dev.belay.savedmodel.UnsupportedModelException;
import dev.belay.savedmodel.tensor.NamedTensors;
import dev.belay.savedmodel.tensor.TensorSpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Tensors of one safetensors file, or of all files of an index; see {@link SafetensorsReader#open}.
 *
 * <p>It holds no file open. A large tensor is mapped, not copied: its file must not be shortened
 * while the buffer is in use. The format has no checksums. Threads may read at the same time.
 */
public final class SafetensorsContents implements NamedTensors {
  private final Path path;
  private final Map<String, String> metadata;
  private final Map<String, StoredTensor> tensors;

  SafetensorsContents(Path path, Map<String, String> metadata, Map<String, StoredTensor> tensors) {
    this.path = path;
    this.metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
    this.tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
  }

  /**
   * The metadata of the file, such as {@code format: pt}; for an index, those of its first file.
   */
  public Map<String, String> metadata() {
    return metadata;
  }

  /** The files that hold the tensors. */
  public Set<Path> files() {
    return tensors.values().stream()
        .map(tensor -> tensor.region().file())
        .collect(Collectors.toUnmodifiableSet());
  }

  /** All names, in the order of the header; of an index, file after file. */
  @Override
  public Set<String> names() {
    return tensors.keySet();
  }

  @Override
  public TensorSpec spec(String name) {
    return tensor(name).spec();
  }

  @Override
  public ByteBuffer read(String name) throws IOException {
    StoredTensor tensor = tensor(name);
    if (tensor.region().size() > Integer.MAX_VALUE) {
      throw new UnsupportedModelException(
          tensor.region().file(),
          tensor.region().where(),
          tensor.spec() + " has 2 GB or more, the most that Belay reads at once");
    }
    return tensor.region().read();
  }

  /** Always fails: the format has no strings. */
  @Override
  public List<byte[]> readStrings(String name) {
    throw new IllegalArgumentException("tensor '" + name + "' is " + tensor(name).spec());
  }

  private StoredTensor tensor(String name) {
    StoredTensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new IllegalArgumentException("no tensor '" + name + "' in " + path);
    }
    return tensor;
  }
}

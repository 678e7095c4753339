package dev.belay.savedmodel.hdf5;

import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.tensor.NamedTensors;
import dev.belay.savedmodel.tensor.ShardIndex;
import dev.belay.savedmodel.tensor.TensorPieces;
import dev.belay.savedmodel.tensor.TensorSpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The tensors of all files of a {@code tf_model.h5.index.json}, under the names of the index: those
 * of the files have the model's name before them.
 */
final class ShardedHdf5 implements NamedTensors {
  private final Map<String, Part> tensors;

  private record Part(NamedTensors file, String name) {}

  private ShardedHdf5(Map<String, Part> tensors) {
    this.tensors = Collections.unmodifiableMap(tensors);
  }

  /**
   * Opens all files.
   *
   * @throws CorruptModelException if one is invalid, or the index and the files do not agree
   */
  static ShardedHdf5 open(Path index) throws IOException {
    ShardIndex shards = ShardIndex.read(index, Hdf5Reader.SUFFIX);
    Map<String, Hdf5Contents> files = new LinkedHashMap<>();
    for (String name : shards.files()) {
      files.put(name, Hdf5Reader.openFile(shards.path(name)));
    }
    Map<String, Part> tensors = new LinkedHashMap<>();
    for (Map.Entry<String, String> entry : shards.fileOfTensor().entrySet()) {
      String name = Hdf5Reader.withoutSuffix(entry.getKey());
      String inner = name.substring(name.indexOf('/') + 1);
      Hdf5Contents file = files.get(entry.getValue());
      if (!file.names().contains(inner)) {
        throw new CorruptModelException(
            index,
            "weight_map, '" + entry.getKey() + "'",
            "a dataset '" + inner + "' in " + entry.getValue(),
            "none");
      }
      tensors.put(name, new Part(file, inner));
    }
    int held = files.values().stream().mapToInt(file -> file.names().size()).sum();
    if (held != tensors.size()) {
      throw new CorruptModelException(
          index, "weight_map", "all " + held + " tensors of its files", tensors.size() + "");
    }
    return new ShardedHdf5(tensors);
  }

  @Override
  public Set<String> names() {
    return tensors.keySet();
  }

  @Override
  public TensorSpec spec(String name) {
    return part(name).file().spec(part(name).name());
  }

  @Override
  public ByteBuffer read(String name) throws IOException {
    return part(name).file().read(part(name).name());
  }

  @Override
  public TensorPieces pieces(String name) {
    return part(name).file().pieces(part(name).name());
  }

  @Override
  public List<byte[]> readStrings(String name) throws IOException {
    return part(name).file().readStrings(part(name).name());
  }

  private Part part(String name) {
    Part part = tensors.get(name);
    if (part == null) {
      throw new IllegalArgumentException("no tensor '" + name + "'");
    }
    return part;
  }
}

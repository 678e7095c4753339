package dev.belay.savedmodel.safetensors;

import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.tensor.ShardIndex;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Reads and validates safetensors files: see {@link SafetensorsHeader}. */
public final class SafetensorsReader {
  /** The suffix of a file's name. */
  public static final String SUFFIX = ".safetensors";

  /** The suffix of an index's name. */
  public static final String INDEX_SUFFIX = ".safetensors.index.json";

  private SafetensorsReader() {}

  /**
   * Opens a file, or all files of an index.
   *
   * @param path a {@code .safetensors} file, or a {@code .safetensors.index.json}
   * @throws CorruptModelException if any header is invalid, or the index and its files do not agree
   * @throws IOException if a file cannot be read
   */
  public static SafetensorsContents open(Path path) throws IOException {
    if (path.getFileName().toString().endsWith(INDEX_SUFFIX)) {
      return openIndex(path);
    }
    SafetensorsHeader header = SafetensorsHeader.read(path);
    return new SafetensorsContents(path, header.metadata(), header.tensors());
  }

  private static SafetensorsContents openIndex(Path index) throws IOException {
    ShardIndex shards = ShardIndex.read(index, SUFFIX);
    Map<String, String> metadata = new LinkedHashMap<>();
    Map<String, StoredTensor> tensors = new LinkedHashMap<>();
    for (String name : shards.files()) {
      SafetensorsHeader header = SafetensorsHeader.read(shards.path(name));
      header.metadata().forEach(metadata::putIfAbsent);
      for (Map.Entry<String, StoredTensor> tensor : header.tensors().entrySet()) {
        String expected = shards.fileOfTensor().get(tensor.getKey());
        if (!name.equals(expected)) {
          throw new CorruptModelException(
              index,
              "weight_map, '" + tensor.getKey() + "'",
              "'" + name + "', which holds that tensor",
              expected == null ? "nothing" : "'" + expected + "'");
        }
        tensors.put(tensor.getKey(), tensor.getValue());
      }
    }
    Set<String> absent = new TreeSet<>(shards.fileOfTensor().keySet());
    absent.removeAll(tensors.keySet());
    if (!absent.isEmpty()) {
      throw new CorruptModelException(
          index, "weight_map", "only tensors that its files hold", "also " + absent);
    }
    return new SafetensorsContents(index, metadata, tensors);
  }
}

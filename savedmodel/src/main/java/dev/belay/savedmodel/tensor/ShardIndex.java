package dev.belay.savedmodel.tensor;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.belay.savedmodel.CorruptModelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * An index of weights that Hugging Face wrote in several files.
 *
 * @param index the index's file
 * @param fileOfTensor the name of each tensor's file, which lies beside the index
 */
public record ShardIndex(Path index, Map<String, String> fileOfTensor) {
  /** Limit for an index, which names a file for each tensor. */
  private static final long MAX_BYTES = 100_000_000;

  private static final JsonMapper JSON =
      JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  public ShardIndex {
    fileOfTensor = Collections.unmodifiableMap(new LinkedHashMap<>(fileOfTensor));
  }

  /**
   * Reads an index whose files are all there.
   *
   * @param suffix of the names of its files
   * @throws CorruptModelException if it is invalid, or files are missing
   * @throws IOException if it cannot be read
   */
  public static ShardIndex read(Path index, String suffix) throws IOException {
    if (!Files.isRegularFile(index)) {
      throw new CorruptModelException(index, "file", "an index of weights", "no such file");
    }
    long size = Files.size(index);
    if (size > MAX_BYTES) {
      throw new CorruptModelException(
          index, "file", "at most " + MAX_BYTES + " bytes", size + " bytes");
    }
    JsonNode map;
    try {
      map = JSON.readTree(index.toFile()).path("weight_map");
    } catch (JacksonException e) {
      throw new CorruptModelException(index, "file", "JSON", e.getOriginalMessage());
    }
    if (!map.isObject() || map.isEmpty()) {
      throw new CorruptModelException(
          index, "weight_map", "an object with a file for each tensor", map.getNodeType() + "");
    }
    Map<String, String> files = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : map.properties()) {
      if (!entry.getValue().isTextual()) {
        throw new CorruptModelException(
            index,
            "weight_map, '" + entry.getKey() + "'",
            "the name of a file",
            entry.getValue().toString());
      }
      files.put(entry.getKey(), requirePlain(index, entry.getValue().textValue(), suffix));
    }
    ShardIndex read = new ShardIndex(index, files);
    read.requireFiles();
    return read;
  }

  /** The names of the files. */
  public Set<String> files() {
    return new TreeSet<>(fileOfTensor.values());
  }

  /** A file. */
  public Path path(String file) {
    return index.resolveSibling(file);
  }

  private void requireFiles() throws CorruptModelException {
    Set<String> names = files();
    List<String> missing = names.stream().filter(name -> !Files.exists(path(name))).toList();
    if (!missing.isEmpty()) {
      throw new CorruptModelException(
          index,
          "weight_map",
          "its " + names.size() + " files beside it",
          missing.size()
              + " missing: "
              + String.join(", ", missing)
              + "; download them too, or all of the folder again");
    }
  }

  /** An index may name no file in another folder. */
  private static String requirePlain(Path index, String name, String suffix)
      throws CorruptModelException {
    boolean plain =
        !name.isEmpty()
            && name.indexOf('/') < 0
            && name.indexOf('\\') < 0
            && name.indexOf(0) < 0
            && name.endsWith(suffix);
    if (!plain) {
      throw new CorruptModelException(
          index, "weight_map", "names of " + suffix + " files beside the index", "'" + name + "'");
    }
    return name;
  }
}

package dev.belay.savedmodel.safetensors;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.belay.savedmodel.CorruptModelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Reads and validates safetensors files: see {@link SafetensorsHeader}. */
public final class SafetensorsReader {
  /** The suffix of a file's name. */
  public static final String SUFFIX = ".safetensors";

  /** The suffix of an index's name. */
  public static final String INDEX_SUFFIX = ".safetensors.index.json";

  /** Limit for an index, which names a file for each tensor. */
  private static final long MAX_INDEX_BYTES = 100_000_000;

  private static final JsonMapper JSON =
      JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

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
    Map<String, String> fileOfTensor = readIndex(index);
    requireFiles(index, new TreeSet<>(fileOfTensor.values()));
    Map<String, String> metadata = new LinkedHashMap<>();
    Map<String, StoredTensor> tensors = new LinkedHashMap<>();
    for (String name : new TreeSet<>(fileOfTensor.values())) {
      SafetensorsHeader header = SafetensorsHeader.read(file(index, name));
      header.metadata().forEach(metadata::putIfAbsent);
      for (Map.Entry<String, StoredTensor> tensor : header.tensors().entrySet()) {
        String expected = fileOfTensor.get(tensor.getKey());
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
    Set<String> absent = new TreeSet<>(fileOfTensor.keySet());
    absent.removeAll(tensors.keySet());
    if (!absent.isEmpty()) {
      throw new CorruptModelException(
          index, "weight_map", "only tensors that its files hold", "also " + absent);
    }
    return new SafetensorsContents(index, metadata, tensors);
  }

  private static void requireFiles(Path index, Set<String> names) throws CorruptModelException {
    List<String> missing = new ArrayList<>();
    for (String name : names) {
      if (!Files.exists(file(index, name))) {
        missing.add(name);
      }
    }
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

  private static Map<String, String> readIndex(Path index) throws IOException {
    if (!Files.isRegularFile(index)) {
      throw new CorruptModelException(index, "file", "an index of safetensors", "no such file");
    }
    long size = Files.size(index);
    if (size > MAX_INDEX_BYTES) {
      throw new CorruptModelException(
          index, "file", "at most " + MAX_INDEX_BYTES + " bytes", size + " bytes");
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
    Map<String, String> fileOfTensor = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : map.properties()) {
      if (!entry.getValue().isTextual()) {
        throw new CorruptModelException(
            index,
            "weight_map, '" + entry.getKey() + "'",
            "the name of a file",
            entry.getValue().toString());
      }
      fileOfTensor.put(entry.getKey(), entry.getValue().textValue());
    }
    return fileOfTensor;
  }

  /** A file beside the index, which may name no file in another folder. */
  private static Path file(Path index, String name) throws CorruptModelException {
    boolean plain =
        !name.isEmpty()
            && name.indexOf('/') < 0
            && name.indexOf('\\') < 0
            && name.indexOf(0) < 0
            && name.endsWith(SUFFIX);
    if (!plain) {
      throw new CorruptModelException(
          index, "weight_map", "names of .safetensors files beside the index", "'" + name + "'");
    }
    return index.resolveSibling(name);
  }
}

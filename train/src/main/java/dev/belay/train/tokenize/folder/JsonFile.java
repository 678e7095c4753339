package dev.belay.train.tokenize.folder;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.belay.train.data.DataException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A JSON object that was read from a file; its values are refused with the file and their key.
 *
 * @param path path of the file, which may not exist
 * @param root the object; empty where there is no file
 */
record JsonFile(Path path, ObjectNode root) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * Reads a file if it is there.
   *
   * @param mostBytes of the file
   * @throws DataException if the file holds no JSON object, or is larger
   */
  static JsonFile readIfThere(Path path, long mostBytes) {
    return Files.isRegularFile(path)
        ? read(path, mostBytes)
        : new JsonFile(path, JsonNodeFactory.instance.objectNode());
  }

  /**
   * Reads a file.
   *
   * @param mostBytes of the file
   * @throws DataException if the file holds no JSON object, or is larger
   */
  static JsonFile read(Path path, long mostBytes) {
    requireSize(path, mostBytes);
    try {
      if (JSON.readTree(Files.readAllBytes(path)) instanceof ObjectNode root) {
        return new JsonFile(path, root);
      }
      throw new DataException(path + ": expected a JSON object; is this the right file?");
    } catch (JsonProcessingException e) {
      throw new DataException(
          path
              + ":"
              + (e.getLocation() == null ? 1 : e.getLocation().getLineNr())
              + ": not JSON: "
              + e.getOriginalMessage(),
          e);
    } catch (IOException e) {
      throw new DataException(path + ": cannot be read: " + e.getMessage(), e);
    }
  }

  /** Refuses a file that is larger than any of its kind, before it is read. */
  static void requireSize(Path path, long mostBytes) {
    try {
      if (Files.size(path) > mostBytes) {
        throw new DataException(
            path
                + ": expected at most "
                + mostBytes
                + " bytes, found "
                + Files.size(path)
                + "; is this the right file?");
      }
    } catch (IOException e) {
      throw new DataException(path + ": cannot be read: " + e.getMessage(), e);
    }
  }

  /** Whether a key has a value that is not null. */
  boolean has(String key) {
    return root.hasNonNull(key);
  }

  /** True or false; empty if the key is absent or null. */
  Optional<Boolean> flag(String key) {
    JsonNode value = root.path(key);
    if (value.isMissingNode() || value.isNull()) {
      return Optional.empty();
    }
    if (!value.isBoolean()) {
      throw refused(key, "true or false", value);
    }
    return Optional.of(value.booleanValue());
  }

  /** A string; empty if the key is absent or null. */
  Optional<String> text(String key) {
    JsonNode value = root.path(key);
    if (value.isMissingNode() || value.isNull()) {
      return Optional.empty();
    }
    if (!value.isTextual()) {
      throw refused(key, "a string", value);
    }
    return Optional.of(value.textValue());
  }

  /** A refusal of a value. */
  DataException refused(String key, String expected, JsonNode found) {
    return refused(key, expected, shown(found), "is the file damaged?");
  }

  /** A refusal of a value, with what to do about it. */
  DataException refused(String key, String expected, String found, String advice) {
    return new DataException(
        path + ": " + key + ": expected " + expected + ", found " + found + "; " + advice);
  }

  static String shown(JsonNode value) {
    String text = value.toString();
    return text.length() > 100 ? text.substring(0, 100) + "..." : text;
  }
}

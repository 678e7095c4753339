package dev.belay.train.tokenize;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.belay.train.data.DataException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What tokenizer_config.json says, as far as Belay asks.
 *
 * @param lowerCase {@code do_lower_case}
 * @param stripAccents {@code strip_accents}; absent or null: as lowerCase
 * @param splitChinese {@code tokenize_chinese_chars}
 * @param paddingToken {@code pad_token}
 */
record TokenizerConfig(
    Optional<Boolean> lowerCase,
    Optional<Boolean> stripAccents,
    Optional<Boolean> splitChinese,
    Optional<String> paddingToken) {

  private static final long MOST_BYTES = 4 << 20;

  static final TokenizerConfig NONE =
      new TokenizerConfig(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

  static TokenizerConfig read(Path file) {
    JsonNode root = parse(file, MOST_BYTES);
    return new TokenizerConfig(
        flag(file, root, "do_lower_case"),
        flag(file, root, "strip_accents"),
        flag(file, root, "tokenize_chinese_chars"),
        token(root.path("pad_token")));
  }

  /**
   * A JSON object.
   *
   * @param mostBytes of the file
   * @throws DataException if the file holds none, or is larger
   */
  static JsonNode parse(Path file, long mostBytes) {
    requireSize(file, mostBytes);
    try {
      JsonNode root = new ObjectMapper().readTree(Files.readAllBytes(file));
      if (root == null || !root.isObject()) {
        throw new DataException(file + ": expected a JSON object; is this the right file?");
      }
      return root;
    } catch (JsonProcessingException e) {
      throw new DataException(
          file
              + ":"
              + (e.getLocation() == null ? 1 : e.getLocation().getLineNr())
              + ": not JSON: "
              + e.getOriginalMessage(),
          e);
    } catch (IOException e) {
      throw new DataException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  /** Refuses a file that is larger than any of its kind, before it is read. */
  static void requireSize(Path file, long mostBytes) {
    try {
      if (Files.size(file) > mostBytes) {
        throw new DataException(
            file
                + ": expected at most "
                + mostBytes
                + " bytes, found "
                + Files.size(file)
                + "; is this the right file?");
      }
    } catch (IOException e) {
      throw new DataException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  private static Optional<Boolean> flag(Path file, JsonNode root, String name) {
    JsonNode value = root.path(name);
    if (value.isMissingNode() || value.isNull()) {
      return Optional.empty();
    }
    if (!value.isBoolean()) {
      throw new DataException(file + ": " + name + ": expected true or false, found " + value);
    }
    return Optional.of(value.booleanValue());
  }

  /** A special token stands there as a string, or as an object with its content. */
  private static Optional<String> token(JsonNode value) {
    if (value.isObject()) {
      return token(value.path("content"));
    }
    return value.isTextual() ? Optional.of(value.textValue()) : Optional.empty();
  }
}

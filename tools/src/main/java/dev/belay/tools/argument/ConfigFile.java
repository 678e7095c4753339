package dev.belay.tools.argument;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import dev.belay.train.config.ConfigException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A file of options in YAML (or JSON, which is YAML too): one mapping from names to values.
 *
 * @param path as the user named it
 * @param entries in the order of the file
 */
record ConfigFile(Path path, List<Entry> entries) {

  /**
   * One option.
   *
   * @param key as the file has it
   * @param line of the key, from 1
   * @param values as text: one of a scalar, each of a list, {@code key=value} each of a mapping
   */
  record Entry(String key, int line, List<String> values) {}

  /** Reads a file, without knowing which options there are. */
  static ConfigFile read(Path path) throws IOException {
    try (YAMLParser parser = new YAMLFactory().createParser(Files.readString(path))) {
      return new ConfigFile(path, entries(path, parser));
    } catch (NoSuchFileException missing) {
      throw new ConfigException("--config", "a file", path + ", which does not exist");
    } catch (CharacterCodingException wrong) {
      throw new ConfigException("--config", "a text file in UTF-8", path + ", which is not one");
    } catch (JsonProcessingException broken) {
      int line = broken.getLocation() == null ? 1 : broken.getLocation().getLineNr();
      String what = broken.getOriginalMessage().lines().findFirst().orElse("");
      throw new ConfigException(path + ", line " + line + ": not YAML: " + what);
    }
  }

  private static List<Entry> entries(Path path, YAMLParser parser) throws IOException {
    List<Entry> entries = new ArrayList<>();
    JsonToken first = parser.nextToken();
    if (first == null) {
      return entries;
    }
    if (first != JsonToken.START_OBJECT) {
      throw refused(path, parser, "lines such as 'learning-rate: 5e-5'", parser.getText());
    }
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String key = parser.currentName();
      int line = parser.currentTokenLocation().getLineNr();
      parser.nextToken();
      entries.add(new Entry(key, line, values(path, key, parser)));
    }
    return entries;
  }

  private static List<String> values(Path path, String key, YAMLParser parser) throws IOException {
    List<String> values = new ArrayList<>();
    if (parser.currentToken() == JsonToken.START_ARRAY) {
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        values.add(scalar(path, key, parser));
      }
    } else if (parser.currentToken() == JsonToken.START_OBJECT) {
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        parser.nextToken();
        values.add(name + "=" + scalar(path, key, parser));
      }
    } else {
      values.add(scalar(path, key, parser));
    }
    return values;
  }

  private static String scalar(Path path, String key, YAMLParser parser) throws IOException {
    if (parser.isCurrentAlias()) {
      throw refused(
          path, parser, "a value for '" + key + "'", "an alias, which Belay does not read");
    }
    JsonToken token = parser.currentToken();
    if (token == JsonToken.VALUE_NULL) {
      throw refused(path, parser, "a value for '" + key + "'", "none; leave the line out");
    }
    if (!token.isScalarValue()) {
      throw refused(path, parser, "a value for '" + key + "'", "lists or mappings inside it");
    }
    return parser.getText();
  }

  private static ConfigException refused(
      Path path, YAMLParser parser, String expected, String found) {
    int line = parser.currentTokenLocation().getLineNr();
    return new ConfigException(path + ", line " + line, expected, found);
  }
}

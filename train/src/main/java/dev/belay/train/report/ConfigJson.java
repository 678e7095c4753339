package dev.belay.train.report;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.belay.savedmodel.CorruptModelException;
import dev.belay.train.config.ConfigBinder;
import dev.belay.train.config.OptionDefinition;
import dev.belay.train.config.TrainConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * config.json: every effective option under the name it has on the command line, defaults included;
 * {@code belay train --config config.json} runs the same again.
 */
public final class ConfigJson {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private ConfigJson() {}

  /** Writes the file. */
  public static void write(TrainConfig config, Path file) throws IOException {
    DurableFile.write(file, JSON.writeValueAsBytes(ConfigBinder.json(config)));
  }

  /**
   * Reads the config of a run.
   *
   * @throws CorruptModelException if it has options that this Belay does not know
   */
  public static TrainConfig readConfig(Path file) throws IOException {
    Map<String, List<String>> options = read(file);
    UnknownOptions.refuse(file, options.keySet());
    return ConfigBinder.read(TrainConfig.class, options, OptionDefinition.of(TrainConfig.class));
  }

  /**
   * Reads the file.
   *
   * @return values by the names of options
   */
  public static Map<String, List<String>> read(Path file) throws IOException {
    Map<String, List<String>> options = new LinkedHashMap<>();
    tree(file).properties().forEach(entry -> options.put(entry.getKey(), texts(entry.getValue())));
    return options;
  }

  /** Reads this file or run.json as a tree. */
  public static JsonNode tree(Path file) throws IOException {
    try {
      return JSON.readTree(file.toFile());
    } catch (JacksonException e) {
      throw new CorruptModelException(file, "JSON", "an object", e.getOriginalMessage());
    }
  }

  /** Elements of an array, or the one value. */
  public static List<String> texts(JsonNode value) {
    if (value.isValueNode()) {
      return List.of(value.asText());
    }
    List<String> texts = new ArrayList<>();
    value.forEach(element -> texts.add(element.asText()));
    return texts;
  }
}

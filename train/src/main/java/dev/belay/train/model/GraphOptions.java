package dev.belay.train.model;

import dev.belay.train.config.ConfigException;
import dev.belay.train.config.ModelConfig;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Options that only a SavedModel's graph has. */
final class GraphOptions {
  private GraphOptions() {}

  /** Refuses them for weights, whose graph Belay builds. */
  static void refuse(ModelConfig config) {
    Map<String, Boolean> given = new LinkedHashMap<>();
    given.put("--signature", config.signature().isPresent());
    given.put("--inputs", !config.inputs().isEmpty());
    given.put("--output", config.output().isPresent());
    given.put("--features", config.features().isPresent());
    List<String> problems =
        given.entrySet().stream()
            .filter(Map.Entry::getValue)
            .map(
                option ->
                    option.getKey()
                        + " is for a SavedModel, and these are weights, whose graph Belay builds:"
                        + " leave it out")
            .toList();
    if (!problems.isEmpty()) {
      throw new ConfigException(problems);
    }
  }
}

package dev.belay.savedmodel.configuration;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.belay.savedmodel.UnsupportedModelException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The use that Belay makes of each key of a configuration.
 *
 * @param refused keys that ask for another computation than Belay's, with their values and advice
 * @param unknown keys that no class of the family has
 * @param generation keys that change what transformers writes, with their values
 */
public record KeyReport(List<String> refused, List<String> unknown, List<String> generation) {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** Classifies every key. */
  public static KeyReport of(ModelConfiguration configuration) {
    KeyRules rules = KeyRules.of(configuration.type());
    List<String> refused = new ArrayList<>();
    List<String> unknown = new ArrayList<>();
    List<String> generation = new ArrayList<>();
    for (Map.Entry<String, Object> entry : configuration.others().entrySet()) {
      String key = entry.getKey();
      JsonNode value = JSON.valueToTree(entry.getValue());
      Optional<KeyRule> rule = rules.rule(key);
      if (rule.isEmpty()) {
        unknown.add(key);
      } else if (!rule.get().covers(value)) {
        if (rule.get().use() == KeyRule.Use.GENERATION) {
          generation.add(key + " " + value);
        } else {
          refused.add("'" + key + "' is " + value + advice(rule.get()));
        }
      }
    }
    return new KeyReport(refused, unknown, generation);
  }

  private static String advice(KeyRule rule) {
    return rule.advice().isEmpty()
        ? ", and Belay computes "
            + String.join(", ", rule.values().stream().map(v -> "" + v).toList())
        : ": " + rule.advice();
  }

  /**
   * Refuses all keys that ask for another computation.
   *
   * @param file that the configuration was read from
   * @throws UnsupportedModelException if there are any
   */
  public void requireComputed(Path file) throws UnsupportedModelException {
    if (!refused.isEmpty()) {
      throw new UnsupportedModelException(file, "configuration", String.join("; ", refused));
    }
  }
}

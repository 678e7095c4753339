package dev.belay.savedmodel.configuration;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.belay.savedmodel.names.ModelType;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Effects of all keys of a configuration, read from a resource.
 *
 * <pre>
 * include     FILE                the rules of another file; a later rule of a key replaces them
 * computed    KEY [VALUE ...]     Belay computes it; with values, these alone
 * unused      KEY [VALUE ...]     it changes no number; with values or advice, these alone
 * generation  KEY VALUE           transformers' generate reads it; with that value it changes nothing
 * alias       KEY OTHER           another name of a key
 * </pre>
 *
 * <p>Values are JSON, null is always one of them. Refused keys have advice after a colon.
 */
final class KeyRules {
  private static final Map<ModelType, KeyRules> RULES = new EnumMap<>(ModelType.class);
  private static final JsonMapper JSON = JsonMapper.builder().build();

  static {
    for (ModelType type : ModelType.values()) {
      KeyRules rules = new KeyRules();
      boolean own = KeyRules.class.getResource(type.key() + ".txt") != null;
      rules.read(own ? type.key() : type.family().modelType());
      RULES.put(type, rules);
    }
  }

  private final Map<String, KeyRule> rules = new LinkedHashMap<>();
  private final Map<String, String> aliases = new LinkedHashMap<>();

  private KeyRules() {}

  /** The rules of a model type: those of a file of its name, else those of its family. */
  static KeyRules of(ModelType type) {
    return RULES.get(type);
  }

  /** The rule of a key, also under another name; empty if the key is unknown. */
  Optional<KeyRule> rule(String key) {
    return Optional.ofNullable(rules.get(aliases.getOrDefault(key, key)));
  }

  /** The keys by their aliases. */
  Map<String, String> aliases() {
    return aliases;
  }

  private void read(String name) {
    try (InputStream stream = KeyRules.class.getResourceAsStream(name + ".txt");
        BufferedReader lines =
            new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
      for (String line : lines.lines().toList()) {
        if (!line.isBlank() && !line.startsWith("#")) {
          read(line.split(" +: +", 2));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A line, without and with its advice. */
  private void read(String[] parts) throws JsonProcessingException {
    String[] words = parts[0].strip().split(" +");
    switch (words[0]) {
      case "include" -> read(words[1]);
      case "alias" -> aliases.put(words[1], words[2]);
      default -> {
        List<JsonNode> values = new ArrayList<>();
        for (int i = 2; i < words.length; i++) {
          values.add(JSON.readTree(words[i]));
        }
        KeyRule.Use use = KeyRule.Use.valueOf(words[0].toUpperCase(Locale.ROOT));
        rules.put(words[1], new KeyRule(use, values, parts.length > 1 ? parts[1] : ""));
      }
    }
  }
}

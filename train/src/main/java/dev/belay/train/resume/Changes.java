package dev.belay.train.resume;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.belay.train.config.ConfigBinder;
import dev.belay.train.config.DataConfig;
import dev.belay.train.config.ModelConfig;
import dev.belay.train.config.OptionDefinition;
import dev.belay.train.config.TrainConfig;
import dev.belay.train.report.ConfigJson;
import dev.belay.train.report.RunDirectory;
import dev.belay.train.report.RunFact;
import dev.belay.train.report.UnknownOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Differences between the recorded options of a run and those requested now.
 *
 * @param serious differences that make it another run: resuming would give weights that neither set
 *     of options gives alone
 * @param harmless differences that change at most the last digits, or the time at which something
 *     is written
 */
public record Changes(List<Change> serious, List<Change> harmless) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String UNSET = "not given";

  /**
   * Compares.
   *
   * @param before a run directory with config.json and run.json
   * @param facts current entries for run.json about model and data
   */
  public static Changes since(RunDirectory before, TrainConfig config, Map<String, Object> facts)
      throws IOException {
    TrainConfig plain =
        TrainConfig.of(
            ModelConfig.of(config.model().path()),
            DataConfig.of(config.data().trainFiles(), config.data().validationFiles()),
            config.outputDirectory());
    JsonNode defaults = tree(ConfigBinder.json(plain));
    JsonNode options = ConfigJson.tree(before.config());
    JsonNode recorded = ConfigJson.tree(before.provenance());
    Changes changes = new Changes(new ArrayList<>(), new ArrayList<>());
    changes.compareOptions(options, tree(ConfigBinder.json(config)), defaults);
    changes.addUnknown(before.config(), options);
    JsonNode found = tree(facts);
    changes.compareFiles(
        "--model", contents(recorded, RunFact.MODEL), contents(found, RunFact.MODEL));
    changes.compareFiles(
        "--train-file", data(recorded, RunFact.TRAIN_FILES), data(found, RunFact.TRAIN_FILES));
    changes.compareFiles(
        "--tokenizer", contents(recorded, RunFact.TOKENIZER), contents(found, RunFact.TOKENIZER));
    // Older runs did not record the files beside the definition of the tokenizer.
    if (recorded.has(RunFact.TOKENIZER_SETTINGS)) {
      changes.compareFiles(
          "--tokenizer",
          contents(recorded, RunFact.TOKENIZER_SETTINGS),
          contents(found, RunFact.TOKENIZER_SETTINGS));
    }
    changes.compareFiles(
        "--adapter", contents(recorded, RunFact.ADAPTER), contents(found, RunFact.ADAPTER));
    Map<String, String> validation = data(recorded, RunFact.VALIDATION_FILES);
    if (!validation.equals(data(found, RunFact.VALIDATION_FILES))) {
      changes.compareFiles("--validation-file", validation, data(found, RunFact.VALIDATION_FILES));
    }
    return changes;
  }

  private void addUnknown(Path config, JsonNode options) throws IOException {
    for (Map.Entry<String, JsonNode> option : options.properties()) {
      if (UnknownOptions.isUnknown(option.getKey())) {
        serious.add(
            new Change(
                "--" + option.getKey(),
                text(option.getValue()),
                "unknown (" + UnknownOptions.advice(config) + ")"));
      }
    }
  }

  private void compareOptions(JsonNode before, JsonNode now, JsonNode defaults) {
    Set<String> names = new TreeSet<>();
    before.fieldNames().forEachRemaining(names::add);
    names.removeIf(UnknownOptions::isUnknown);
    now.fieldNames().forEachRemaining(names::add);
    for (String name : names) {
      // A version that did not know an option did what is the default now.
      JsonNode old = before.has(name) ? before.get(name) : defaults.get(name);
      JsonNode asked = now.get(name);
      if (old == null ? asked != null : !old.equals(asked)) {
        Change change = new Change("--" + name, text(old), text(asked));
        switch (OptionDefinition.onResume(TrainConfig.class, name)) {
          case REFUSE -> serious.add(change);
          case LOG -> harmless.add(change);
          case IGNORE, COMPARE_CONTENTS -> {}
        }
      }
    }
  }

  private void compareFiles(String option, Map<String, String> before, Map<String, String> now) {
    Set<String> names = new TreeSet<>(before.keySet());
    names.addAll(now.keySet());
    for (String name : names) {
      String old = before.getOrDefault(name, UNSET);
      String found = now.getOrDefault(name, UNSET);
      if (!old.equals(found)) {
        serious.add(new Change(option + ", " + name, shortened(old), shortened(found)));
      }
    }
  }

  /** SHA-256 by name below the directory that all of them lie in. */
  private static Map<String, String> contents(JsonNode facts, String name) {
    Map<String, String> contents = new LinkedHashMap<>();
    JsonNode node = facts.path(name);
    Path directory = Path.of(facts.path(RunFact.MODEL_DIRECTORY).asText("/"));
    for (JsonNode file : node.isArray() ? node : List.of(node)) {
      if (file.has(RunFact.SHA256)) {
        Path path = Path.of(file.path(RunFact.PATH).asText());
        Path shown =
            path.startsWith(directory) && node.isArray()
                ? directory.relativize(path)
                : path.getFileName();
        contents.put(shown.toString(), file.path(RunFact.SHA256).asText());
      }
    }
    return contents;
  }

  /** SHA-256 of data files by their place, since their order makes the order of examples. */
  private static Map<String, String> data(JsonNode facts, String name) {
    Map<String, String> contents = new LinkedHashMap<>();
    int place = 0;
    for (JsonNode file : facts.path(name)) {
      place++;
      contents.put("file " + place, file.path(RunFact.SHA256).asText());
    }
    return contents;
  }

  private static String text(JsonNode value) {
    if (value == null) {
      return UNSET;
    }
    return value.isTextual() ? value.textValue() : value.toString();
  }

  private static String shortened(String sha256) {
    return sha256.equals(UNSET)
        ? UNSET
        : "SHA-256 " + sha256.substring(0, Math.min(12, sha256.length()));
  }

  /** As a file would give it back, so that numbers compare by value. */
  private static JsonNode tree(Map<String, Object> values) throws IOException {
    return JSON.readTree(JSON.writeValueAsBytes(values));
  }
}

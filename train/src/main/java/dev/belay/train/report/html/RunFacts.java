package dev.belay.train.report.html;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.belay.savedmodel.CorruptModelException;
import dev.belay.train.report.RunDirectory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What config.json and run.json say about a run.
 *
 * @param options every effective option
 * @param provenance where the run comes from, and how it ended
 */
record RunFacts(JsonNode options, JsonNode provenance) {
  private static final ObjectMapper JSON = new ObjectMapper();

  static RunFacts read(RunDirectory run) throws IOException {
    return new RunFacts(json(run.config()), json(run.provenance()));
  }

  private static JsonNode json(Path file) throws IOException {
    try {
      return JSON.readTree(file.toFile());
    } catch (JacksonException e) {
      throw new CorruptModelException(file, "JSON", "an object", e.getOriginalMessage());
    }
  }

  String clipMode() {
    return options.path("clip-mode").asText();
  }

  double maxGradNorm() {
    return options.path("max-grad-norm").asDouble();
  }

  String optimizer() {
    return options.path("optimizer").asText();
  }

  int loggingSteps() {
    return options.path("logging-steps").asInt(1);
  }

  /** {@code done}, {@code diverged}, {@code running} and so on. */
  String status() {
    return provenance.path("status").asText();
  }

  /** Why it ended, where it did not end well; may be empty. */
  String error() {
    return provenance.path("error").asText();
  }

  /** What people look for first, by the name that it is shown with. */
  Map<String, String> brief() {
    Map<String, String> brief = new LinkedHashMap<>();
    put(brief, "status", provenance.path("status"));
    put(brief, "model", provenance.path("model_directory"));
    put(brief, "training data", files(provenance.path("train_files")));
    put(brief, "training examples", provenance.path("train_examples"));
    put(brief, "validation data", files(provenance.path("validation_files")));
    put(brief, "labels", provenance.path("labels"));
    put(brief, "optimizer", options.path("optimizer"));
    put(brief, "learning rate", options.path("learning-rate"));
    put(brief, "schedule", options.path("lr-scheduler"));
    put(brief, "clip", clipMode() + (clipMode().equals("none") ? "" : ", " + maxGradNorm()));
    put(brief, "batch size", options.path("train-batch-size"));
    put(brief, "seed", options.path("seed"));
    put(brief, "started", provenance.path("started"));
    put(brief, "finished", provenance.path("finished"));
    put(brief, "Belay", provenance.path("belay"));
    put(brief, "TensorFlow", provenance.path("tensorflow"));
    put(brief, "Java", provenance.path("java"));
    put(brief, "command", words(provenance.path("command")));
    return brief;
  }

  /** Every option, by its name. */
  Map<String, String> all() {
    Map<String, String> all = new LinkedHashMap<>();
    options.properties().forEach(field -> put(all, field.getKey(), field.getValue()));
    return all;
  }

  private static void put(Map<String, String> map, String name, JsonNode value) {
    put(map, name, value.isArray() ? String.join(", ", texts(value)) : value.asText());
  }

  private static void put(Map<String, String> map, String name, String value) {
    if (!value.isEmpty()) {
      map.put(name, value);
    }
  }

  /** Names of files with the beginning of their hashes, by which they can be told apart. */
  private static String files(JsonNode files) {
    List<String> named = new ArrayList<>();
    for (JsonNode file : files) {
      String hash = file.path("sha256").asText();
      named.add(
          Path.of(file.path("path").asText()).getFileName()
              + (hash.length() > 12 ? " (sha256 " + hash.substring(0, 12) + "…)" : ""));
    }
    return String.join(", ", named);
  }

  private static String words(JsonNode command) {
    return String.join(" ", texts(command));
  }

  private static List<String> texts(JsonNode array) {
    List<String> texts = new ArrayList<>();
    array.forEach(element -> texts.add(element.asText()));
    return texts;
  }
}

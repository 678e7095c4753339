package dev.belay.train.report.html;

import com.fasterxml.jackson.databind.JsonNode;
import dev.belay.train.config.ClipConfig;
import dev.belay.train.config.ConfigBinder;
import dev.belay.train.config.LoopConfig;
import dev.belay.train.report.ConfigJson;
import dev.belay.train.report.RunDirectory;
import dev.belay.train.resume.RunState;
import dev.belay.train.report.RunFact;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Options and provenance of a run, from config.json and run.json.
 *
 * @param options values of every effective option, by name
 * @param provenance model, data, versions and result of the run
 * @param status {@code done}, {@code diverged}, {@code running} and so on
 */
record ReportedRun(Map<String, List<String>> options, JsonNode provenance, String status) {

  static ReportedRun read(RunDirectory run) throws IOException {
    return new ReportedRun(
        ConfigJson.read(run.config()),
        ConfigJson.tree(run.provenance()),
        RunState.of(run).status());
  }

  /** The value of an option; empty if it has none. */
  private String option(String name) {
    return String.join(", ", options.getOrDefault(name, List.of()));
  }

  String clipMode() {
    return option("clip-mode");
  }

  double maxGradNorm() {
    return ConfigBinder.read(ClipConfig.class, options).maxGradNorm();
  }

  String optimizer() {
    return option("optimizer");
  }

  int loggingSteps() {
    return ConfigBinder.read(LoopConfig.class, options).loggingSteps();
  }

  /** Why it ended, where it did not end well; may be empty. */
  String error() {
    return provenance.path(RunFact.ERROR).asText();
  }

  /** The most important values, with the names that they are shown with. */
  Map<String, String> brief() {
    Map<String, String> brief = new LinkedHashMap<>();
    put(brief, "status", status);
    put(brief, "model", provenance.path(RunFact.MODEL_DIRECTORY));
    put(brief, "training data", files(provenance.path(RunFact.TRAIN_FILES)));
    put(brief, "training examples", provenance.path(RunFact.TRAIN_EXAMPLES));
    put(brief, "validation data", files(provenance.path(RunFact.VALIDATION_FILES)));
    put(brief, "labels", provenance.path(RunFact.LABELS));
    put(brief, "optimizer", option("optimizer"));
    put(brief, "learning rate", option("learning-rate"));
    put(brief, "schedule", option("lr-scheduler"));
    put(brief, "clip", clipMode() + (clipMode().equals("none") ? "" : ", " + maxGradNorm()));
    put(brief, "batch size", option("train-batch-size"));
    put(brief, "seed", option("seed"));
    put(brief, "started", provenance.path(RunFact.STARTED));
    put(brief, "finished", provenance.path(RunFact.FINISHED));
    put(brief, "Belay", provenance.path(RunFact.BELAY));
    put(brief, "TensorFlow", provenance.path(RunFact.TENSORFLOW));
    put(brief, "Java", provenance.path(RunFact.JAVA));
    put(brief, "command", String.join(" ", ConfigJson.texts(provenance.path(RunFact.COMMAND))));
    return brief;
  }

  /** Every option, by its name. */
  Map<String, String> all() {
    Map<String, String> all = new LinkedHashMap<>();
    options.keySet().forEach(name -> put(all, name, option(name)));
    return all;
  }

  private static void put(Map<String, String> map, String name, JsonNode value) {
    put(map, name, value.isArray() ? String.join(", ", ConfigJson.texts(value)) : value.asText());
  }

  private static void put(Map<String, String> map, String name, String value) {
    if (!value.isEmpty()) {
      map.put(name, value);
    }
  }

  /** Names of files with the start of their hashes, which distinguishes them. */
  private static String files(JsonNode files) {
    List<String> named = new ArrayList<>();
    for (JsonNode file : files) {
      String hash = file.path(RunFact.SHA256).asText();
      named.add(
          Path.of(file.path(RunFact.PATH).asText()).getFileName()
              + (hash.length() > 12 ? " (sha256 " + hash.substring(0, 12) + "…)" : ""));
    }
    return String.join(", ", named);
  }
}

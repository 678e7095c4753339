package dev.belay.train.report;

import com.fasterxml.jackson.databind.JsonNode;
import dev.belay.savedmodel.CorruptModelException;
import dev.belay.train.config.ConfigBinder;
import dev.belay.train.config.ConfigException;
import dev.belay.train.config.DataConfig;
import dev.belay.train.config.MachineConfig;
import dev.belay.train.config.ModelConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Model options of an earlier run, read from its config.json and run.json.
 *
 * @param model as it was configured
 * @param seed of the run
 * @param labels class names in the order of the logits; empty for regression
 * @param tokenizer the tokenizer file of the data, if they were tokenized
 * @param maxSeqLength maximum number of tokens of an example
 */
public record RecordedRun(
    ModelConfig model, long seed, List<String> labels, Optional<Path> tokenizer, int maxSeqLength) {
  /**
   * The maximum number of tokens of an example.
   *
   * @param usual that of the model's files, which replaces the default
   */
  public int maxSeqLength(OptionalInt usual) {
    return DataConfig.isUsualLength(maxSeqLength) ? usual.orElse(maxSeqLength) : maxSeqLength;
  }

  /** Reads both files. */
  public static RecordedRun read(Path config, Path provenance) throws IOException {
    Map<String, List<String>> options = ConfigJson.read(config);
    UnknownOptions.refuse(config, options.keySet());
    JsonNode facts = ConfigJson.tree(provenance);
    try {
      MachineConfig machine = ConfigBinder.read(MachineConfig.class, options);
      DataConfig data = ConfigBinder.read(DataConfig.class, options);
      return new RecordedRun(
          ConfigBinder.read(ModelConfig.class, calledNow(options, facts)),
          machine.seed(),
          ConfigJson.texts(facts.path(RunFact.LABELS)),
          Optional.ofNullable(facts.path(RunFact.TOKENIZER).get(RunFact.PATH))
              .map(JsonNode::asText)
              .map(Path::of),
          data.maxSeqLength());
    } catch (ConfigException refused) {
      throw new CorruptModelException(config, "options", "those of a run", refused.getMessage());
    }
  }

  /** The path to give with the format: a Hugging Face model is its folder, not a file in it. */
  private static String named(Map<String, List<String>> options, String model) {
    boolean folder =
        options.getOrDefault("model-format", List.of()).contains("huggingface")
            && Files.isRegularFile(Path.of(model));
    return folder ? Path.of(model).getParent().toString() : model;
  }

  /** The options for a model that is called from here, no longer trained. */
  private static Map<String, List<String>> calledNow(
      Map<String, List<String>> options, JsonNode facts) {
    Map<String, List<String>> now = new LinkedHashMap<>(options);
    // config.json has paths as they were typed, from wherever that was.
    now.put("model", List.of(named(options, facts.path(RunFact.MODEL_DIRECTORY).asText())));
    now.remove("model-config");
    Optional.ofNullable(facts.get(RunFact.MODEL_CONFIGURATION))
        .ifPresent(path -> now.put("model-config", List.of(path.asText())));
    Optional.ofNullable(facts.get(RunFact.ADAPTER_DIRECTORY))
        .ifPresent(path -> now.put("adapter", List.of(path.asText())));
    Optional.ofNullable(facts.get(RunFact.PROBLEM_TYPE))
        .map(JsonNode::asText)
        .ifPresent(type -> now.putIfAbsent("problem-type", List.of(type)));
    now.put("restore-optimizer", List.of("no"));
    now.put("dropout", List.of("off"));
    return now;
  }
}

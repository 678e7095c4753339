package dev.belay.train.report;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.weights.WeightFormat;
import dev.belay.train.config.ModelConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What config.json and run.json of an earlier run say about its model.
 *
 * @param model as it was configured
 * @param seed of the run
 * @param labels class names in the order of the logits; empty for regression
 * @param tokenizer the file that the data were tokenized with, if they were
 * @param maxSeqLength the most tokens of an example
 */
public record RecordedRun(
    ModelConfig model, long seed, List<String> labels, Optional<Path> tokenizer, int maxSeqLength) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Reads both files. */
  public static RecordedRun read(Path config, Path provenance) throws IOException {
    JsonNode options = json(config);
    JsonNode facts = json(provenance);
    return new RecordedRun(
        model(options, facts),
        options.path("seed").asLong(),
        texts(facts.path("labels")),
        text(facts.path("tokenizer"), "path").map(Path::of),
        options.path("max-seq-length").asInt());
  }

  private static ModelConfig model(JsonNode options, JsonNode facts) {
    Map<String, String> inputs = new LinkedHashMap<>();
    for (String pair : texts(options.path("inputs"))) {
      int equals = pair.indexOf('=');
      inputs.put(pair.substring(0, equals), pair.substring(equals + 1));
    }
    return new ModelConfig(
        // config.json has the path as it was typed, from wherever that was.
        Path.of(facts.path("model_directory").asText()),
        new ModelConfig.Files(
            text(options, "model-format")
                .map(format -> WeightFormat.valueOf(format.toUpperCase(Locale.ROOT))),
            text(facts, "model_configuration").map(Path::of),
            false,
            text(options, "ignore-weights").map(Pattern::compile),
            options.path("from-scratch").asBoolean(),
            text(options, "tag")),
        text(options, "signature"),
        inputs,
        text(options, "output"),
        text(options, "head").orElse(ModelConfig.OWN_HEAD),
        text(options, "features"),
        text(options, "num-labels").map(Integer::valueOf),
        text(options, "problem-type").or(() -> text(facts, "problem_type")),
        text(options, "trainable").map(Pattern::compile),
        text(options, "freeze").map(Pattern::compile),
        false,
        !text(options, "model-losses").equals(Optional.of("off")),
        new ModelConfig.Trust(
            Set.copyOf(texts(options.path("allow-op"))),
            options.path("accept-custom-gradient").asBoolean(),
            texts(options.path("allow-no-gradient")).stream().map(Pattern::compile).toList(),
            text(options, "ignore-constraints").map(Pattern::compile),
            options.path("trust-model").asBoolean()));
  }

  private static JsonNode json(Path file) throws IOException {
    try {
      return JSON.readTree(file.toFile());
    } catch (JacksonException e) {
      throw new CorruptModelException(file, "JSON", "an object", e.getOriginalMessage());
    }
  }

  private static Optional<String> text(JsonNode object, String name) {
    return Optional.ofNullable(object.get(name)).map(JsonNode::asText);
  }

  private static List<String> texts(JsonNode array) {
    List<String> texts = new ArrayList<>();
    array.forEach(element -> texts.add(element.asText()));
    return texts;
  }
}

package dev.belay.train.sweep;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.belay.savedmodel.CorruptModelException;
import dev.belay.train.report.DurableFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** result.json of one arm and seed: there whole when the arm has ended, and not before. */
final class ResultFile {
  private static final ObjectMapper JSON = new ObjectMapper();

  private ResultFile() {}

  static void write(Path file, ArmResult result) throws IOException {
    ObjectNode object = JSON.createObjectNode();
    object.put("outcome", result.outcome().name().toLowerCase(Locale.ROOT));
    object.put("steps", result.steps());
    object.put("reason", result.reason());
    ArrayNode evaluations = object.putArray("evaluations");
    for (ArmResult.Evaluation evaluation : result.evaluations()) {
      ObjectNode entry = evaluations.addObject().put("step", evaluation.step());
      put(entry.putObject("metrics"), evaluation.metrics());
    }
    object.put("clipped_fraction", result.clippedFraction());
    put(object.putObject("grad_norm_percentiles"), result.gradNormPercentiles());
    object.put("seconds", result.seconds());
    DurableFile.write(file, JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(object));
  }

  /** The result of an arm that has ended. */
  static Optional<ArmResult> read(Path file, Arm arm, long seed) throws IOException {
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try {
      JsonNode object = JSON.readTree(file.toFile());
      List<ArmResult.Evaluation> evaluations = new ArrayList<>();
      for (JsonNode entry : object.path("evaluations")) {
        evaluations.add(
            new ArmResult.Evaluation(entry.path("step").asLong(), numbers(entry.path("metrics"))));
      }
      return Optional.of(
          new ArmResult(
              arm,
              seed,
              ArmResult.Outcome.valueOf(object.path("outcome").asText().toUpperCase(Locale.ROOT)),
              object.path("steps").asLong(),
              object.path("reason").asText(),
              evaluations,
              object.path("clipped_fraction").asDouble(),
              numbers(object.path("grad_norm_percentiles")),
              object.path("seconds").asDouble()));
    } catch (JacksonException | IllegalArgumentException e) {
      throw new CorruptModelException(
          file, "JSON", "the result of an arm of a sweep", String.valueOf(e.getMessage()));
    }
  }

  private static void put(ObjectNode object, Map<String, Double> numbers) {
    numbers.forEach(
        (name, value) -> {
          if (Double.isFinite(value)) {
            object.put(name, value);
          } else {
            object.put(name, Double.toString(value));
          }
        });
  }

  private static Map<String, Double> numbers(JsonNode object) {
    Map<String, Double> numbers = new LinkedHashMap<>();
    object
        .properties()
        .forEach(field -> numbers.put(field.getKey(), Double.valueOf(field.getValue().asText())));
    return numbers;
  }
}

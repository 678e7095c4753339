package dev.belay.train.report.html;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.belay.savedmodel.CorruptModelException;
import dev.belay.train.norm.NormSummary;
import dev.belay.train.report.MetricsKey;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** Curves of a run, read from metrics.jsonl. Of steps that occur twice, the later ones count. */
final class RunHistory {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Set<String> NO_METRICS =
      Set.of(MetricsKey.EVENT, MetricsKey.STEP, MetricsKey.EXAMPLES, MetricsKey.SECONDS);

  private final Series loss = new Series("training");
  private final Series norm = new Series("before the clip");
  private final Series clippedNorm = new Series("after the clip");
  private final Series scale = new Series("clip scale");
  private final Series clipped = new Series("clipped");
  private final Series learningRate = new Series("learning rate");
  private final Map<String, Series> metrics = new LinkedHashMap<>();
  private final LayerHistory layers = new LayerHistory();
  private long totalSteps;

  private RunHistory() {}

  /**
   * Reads a file. A last line without an end is what a killed run left, and is passed over.
   *
   * @throws CorruptModelException if another line is no JSON object
   */
  static RunHistory read(Path file) throws IOException {
    RunHistory history = new RunHistory();
    try (BufferedReader lines = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
      String line = lines.readLine();
      for (long number = 1; line != null; number++) {
        String next = lines.readLine();
        try {
          history.add(JSON.readTree(line));
        } catch (JsonProcessingException broken) {
          if (next != null) {
            throw new CorruptModelException(
                file, "line " + number, "a JSON object", broken.getOriginalMessage());
          }
        }
        line = next;
      }
    }
    return history;
  }

  private void add(JsonNode event) {
    long step = event.path(MetricsKey.STEP).asLong();
    switch (event.path(MetricsKey.EVENT).asText()) {
      case MetricsKey.START -> totalSteps = event.path(MetricsKey.TOTAL_STEPS).asLong();
      case MetricsKey.TRAIN -> addTrained(step, event);
      case MetricsKey.EVALUATION -> addEvaluated(step, event);
      case MetricsKey.NORMS -> layers.add(step, event.path(MetricsKey.LAYERS));
      default -> {
        // Checkpoints and exports are no curves.
      }
    }
  }

  private void addTrained(long step, JsonNode event) {
    if (loss.size() > 0 && step <= loss.step(loss.size() - 1)) {
      forgetFrom(step);
    }
    loss.add(step, number(event, MetricsKey.LOSS));
    norm.add(step, number(event, MetricsKey.GRAD_NORM));
    clippedNorm.add(step, number(event, MetricsKey.GRAD_NORM_CLIPPED));
    scale.add(step, number(event, MetricsKey.CLIP_SCALE));
    clipped.add(step, event.path(MetricsKey.CLIPPED).asBoolean() ? 1 : 0);
    learningRate.add(step, number(event, MetricsKey.LEARNING_RATE));
  }

  private void forgetFrom(long step) {
    for (Series series : new Series[] {loss, norm, clippedNorm, scale, clipped, learningRate}) {
      series.forgetFrom(step);
    }
    metrics.values().forEach(series -> series.forgetFrom(step));
    layers.forgetFrom(step);
  }

  private void addEvaluated(long step, JsonNode event) {
    event
        .properties()
        .forEach(
            field -> {
              if (!NO_METRICS.contains(field.getKey())) {
                Series series = metrics.computeIfAbsent(field.getKey(), Series::new);
                series.forgetFrom(step);
                series.add(step, number(event, field.getKey()));
              }
            });
  }

  /** A number, or the text for one that is not finite; NaN if there is none. */
  static double number(JsonNode object, String name) {
    JsonNode value = object.path(name);
    if (value.isNumber()) {
      return value.doubleValue();
    }
    return switch (value.asText()) {
      case "Infinity" -> Double.POSITIVE_INFINITY;
      case "-Infinity" -> Double.NEGATIVE_INFINITY;
      default -> Double.NaN;
    };
  }

  Series loss() {
    return loss;
  }

  Series norm() {
    return norm;
  }

  Series clippedNorm() {
    return clippedNorm;
  }

  Series scale() {
    return scale;
  }

  Series learningRate() {
    return learningRate;
  }

  /** By name, the loss on the validation data among them. */
  Map<String, Series> metrics() {
    return metrics;
  }

  LayerHistory layers() {
    return layers;
  }

  /** Number of planned steps; 0 if the file does not say. */
  long totalSteps() {
    return totalSteps;
  }

  /** The last step that is in the file; 0 if none is. */
  long lastStep() {
    return loss.size() == 0 ? 0 : loss.step(loss.size() - 1);
  }

  /** Of the steps in the file. */
  NormSummary norms() {
    NormSummary summary = new NormSummary();
    for (int i = 0; i < norm.size(); i++) {
      summary.add((float) norm.value(i), clipped.value(i) > 0);
    }
    return summary;
  }
}

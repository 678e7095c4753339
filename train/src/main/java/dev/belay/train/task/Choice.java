package dev.belay.train.task;

import dev.belay.train.data.example.LabelMap;
import dev.belay.train.metrics.ClassificationMetrics;
import dev.belay.train.metrics.Softmax;
import java.util.List;
import java.util.Optional;

/**
 * A class, a number, or what is said of each token.
 *
 * @param label the most probable class; null for regression and per-token outputs
 * @param score its probability, or the predicted value for regression
 * @param logits as the model gives them; nested lists for per-token outputs
 */
public record Choice(String label, Double score, List<?> logits) implements Prediction {

  /** The most probable class of an example; without names its number. */
  static Choice ofClasses(ExampleOutput output, Optional<LabelMap> names) {
    float[] logits = output.first();
    int best = ClassificationMetrics.argmax(logits);
    String label = names.map(map -> map.name(best)).orElse(String.valueOf(best));
    return new Choice(label, Softmax.of(logits, best), ExampleOutput.list(logits));
  }

  /** A number. */
  static Choice ofNumber(ExampleOutput output) {
    float value = output.first()[0];
    return new Choice(null, (double) value, List.of(value));
  }

  /** What is said of each token. */
  static Choice ofTokens(ExampleOutput output) {
    return new Choice(null, null, output.ofTokens());
  }
}

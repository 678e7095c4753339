package dev.belay.train.task;

import dev.belay.train.data.example.LabelMap;
import dev.belay.train.metrics.ClassificationMetrics;
import dev.belay.train.metrics.Softmax;
import java.util.List;
import java.util.Optional;

/**
 * The class of an input.
 *
 * @param label the most probable class; its number if the names are not known
 * @param score its probability
 * @param logits as the model gives them, one for each class
 */
public record Classification(String label, double score, List<Float> logits) implements Prediction {

  /** The most probable class of an example; without names its number. */
  static Classification of(ExampleOutput output, Optional<LabelMap> names) {
    float[] logits = output.first();
    int best = ClassificationMetrics.argmax(logits);
    String label = names.map(map -> map.name(best)).orElse(String.valueOf(best));
    return new Classification(label, Softmax.of(logits, best), ExampleOutput.list(logits));
  }
}

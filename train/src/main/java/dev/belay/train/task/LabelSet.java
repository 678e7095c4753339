package dev.belay.train.task;

import dev.belay.train.data.example.LabelMap;
import dev.belay.train.metrics.Sigmoid;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Any number of labels for an input line.
 *
 * @param labels those whose probability is {@value Sigmoid#THRESHOLD} or more
 * @param scores the probability of every label, in the order of the logits
 * @param logits as the model gives them
 */
public record LabelSet(List<String> labels, Map<String, Double> scores, List<Float> logits)
    implements Prediction {

  /**
   * The answer to one line.
   *
   * @param names of the labels; empty: their numbers
   */
  static LabelSet of(List<Float> logits, Optional<LabelMap> names) {
    List<String> chosen = new ArrayList<>();
    Map<String, Double> scores = new LinkedHashMap<>();
    for (int i = 0; i < logits.size(); i++) {
      int index = i;
      String label = names.map(map -> map.name(index)).orElse(String.valueOf(i));
      scores.put(label, Sigmoid.of(logits.get(i)));
      if (Sigmoid.chooses(logits.get(i))) {
        chosen.add(label);
      }
    }
    return new LabelSet(chosen, scores, logits);
  }
}

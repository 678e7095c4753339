package dev.belay.train.data.example;

import java.util.List;
import java.util.Optional;

/**
 * All examples of one or several files, encoded, in the order of the files.
 *
 * @param options the options they were encoded with
 * @param examples at least one
 * @param labels the classes, if examples have one
 * @param notes remarks for people: use of the columns, number of texts that were cut
 */
public record Dataset(
    ExampleOptions options,
    List<EncodedExample> examples,
    Optional<LabelMap> labels,
    List<String> notes) {

  /** Number of examples. */
  public int size() {
    return examples.size();
  }

  /** Number of predictions: one for all windows of a question. */
  public int answers() {
    long further =
        examples.stream()
            .filter(e -> e.origin() instanceof Origin.Window window && window.first() > 0)
            .count();
    return Math.toIntExact(examples.size() - further);
  }

  /** The most tokens that one example has. */
  public int longest() {
    return examples.stream().mapToInt(EncodedExample::length).max().orElse(0);
  }
}

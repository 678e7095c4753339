package dev.belay.graph.imported;

import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * Inputs of a foreign model's functions that are not fed on their own.
 *
 * @param shared tensors of placeholders that take the value of another function's placeholder, with
 *     the tensor of that one
 * @param labels tensors of placeholders that take the labels, which {@link
 *     dev.belay.graph.search.NodeNames#LABELS} is fed with
 * @param labelPadding value that the model gets where there is no label; empty: -100, as it is fed
 */
public record InputSources(
    Map<String, String> shared, List<String> labels, OptionalInt labelPadding) {

  /** Every placeholder is fed on its own. */
  public static final InputSources NONE =
      new InputSources(Map.of(), List.of(), OptionalInt.empty());

  public InputSources {
    shared = Map.copyOf(shared);
    labels = List.copyOf(labels);
  }
}

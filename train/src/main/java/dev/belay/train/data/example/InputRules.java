package dev.belay.train.data.example;

import dev.belay.train.config.ColumnConfig;
import java.util.Map;
import java.util.OptionalInt;

/**
 * How columns become inputs where their names alone do not say it.
 *
 * @param columns what the user says of them
 * @param unfed inputs of the model's Python class that its graph here has none for, by name
 * @param types one more than the largest token type that the model knows, if it is known
 * @param decoderPadding the id that a decoder reads where what is to be written has no label
 * @param ownGraph whether Belay builds the model's graph, and not Python
 */
public record InputRules(
    ColumnConfig columns,
    Map<String, UnfedInput> unfed,
    OptionalInt types,
    OptionalInt decoderPadding,
    boolean ownGraph) {

  public InputRules {
    unfed = Map.copyOf(unfed);
  }

  /** Columns by their names, for a model of which nothing is known. */
  public static InputRules byName() {
    return new InputRules(
        ColumnConfig.byName(), Map.of(), OptionalInt.empty(), OptionalInt.empty(), false);
  }
}

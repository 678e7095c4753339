package dev.belay.train.data.example;

import dev.belay.train.config.ColumnConfig;
import java.util.Map;
import java.util.OptionalInt;

/**
 * Rules that turn columns into inputs where their names are not enough.
 *
 * @param columns the user's options for columns
 * @param unfed inputs of the model's Python class that this graph lacks, by name
 * @param types one more than the largest token type of the model, if it is known
 * @param decoderPadding the id that the decoder reads at target positions without a label
 * @param ownGraph whether the graph was built by Belay rather than by Python
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

  /** The same with columns by their names. */
  InputRules withoutColumns() {
    return new InputRules(ColumnConfig.byName(), unfed, types, decoderPadding, ownGraph);
  }

  /** Columns by their names, for a model of which nothing is known. */
  public static InputRules byName() {
    return new InputRules(
        ColumnConfig.byName(), Map.of(), OptionalInt.empty(), OptionalInt.empty(), false);
  }
}

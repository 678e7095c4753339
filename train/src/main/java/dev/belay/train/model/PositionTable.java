package dev.belay.train.model;

import dev.belay.savedmodel.model.FlatGraph;
import java.util.OptionalInt;
import java.util.regex.Pattern;

/**
 * Maximum sequence length of an imported model: the rows of its position table, which is found by
 * the usual names of such a table. A longer sequence would fail in the middle of a run.
 */
final class PositionTable {
  private static final Pattern NAME =
      Pattern.compile(
          "(^|.*/)(position_embeddings?|positional_embeddings?|embed_positions|wpe)"
              + "(/(embeddings|weight|kernel))?");

  /** Families that count positions from the one after the padding's. */
  private static final Pattern BEHIND_PADDING = Pattern.compile("(^|.*/)(xlm_)?roberta/.*");

  private static final int PADDING_ROWS = 2;

  private PositionTable() {}

  /** Positions of the smallest such table; empty where none is found. */
  static OptionalInt positions(FlatGraph flat) {
    return flat.variables().stream()
        .map(FlatGraph.FlatVariable::variable)
        .filter(variable -> NAME.matcher(variable.name()).matches())
        .filter(variable -> variable.shape().numDimensions() == 2)
        .mapToInt(
            variable ->
                Math.toIntExact(variable.shape().get(0))
                    - (BEHIND_PADDING.matcher(variable.name()).matches() ? PADDING_ROWS : 0))
        .filter(positions -> positions > 0)
        .min();
  }
}

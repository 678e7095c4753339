package dev.belay.train.data.example;

import dev.belay.train.data.DataException;
import dev.belay.train.data.SourcePosition;

/**
 * The three rows of a token sequence, [T] each.
 *
 * @param ids token ids
 * @param mask 1 for tokens, 0 for padding
 * @param types 0 for the first text, 1 for the second
 */
record TokenRows(FeatureRow.Ints ids, FeatureRow.Ints mask, FeatureRow.Ints types) {

  /** The row of a feature; of a length, their number. */
  FeatureRow.Ints row(String feature) {
    if (FeatureNames.isLength(feature)) {
      return new FeatureRow.Ints(new int[] {tokens()});
    }
    return switch (feature) {
      case FeatureNames.INPUT_IDS -> ids;
      case FeatureNames.ATTENTION_MASK -> mask;
      case FeatureNames.TOKEN_TYPE_IDS -> types;
      default -> throw new IllegalArgumentException(feature);
    };
  }

  int length() {
    return ids.length();
  }

  /** Tokens that the mask counts. */
  int tokens() {
    int count = 0;
    for (int value : mask.values()) {
      count += value;
    }
    return count;
  }

  /**
   * @throws DataException if an element is not within [0, bound)
   */
  static void requireWithin(SourcePosition position, String column, int[] values, int bound) {
    for (int i = 0; i < values.length; i++) {
      if (values[i] < 0 || values[i] >= bound) {
        throw DataException.at(
            position,
            "column '"
                + column
                + "', element "
                + i
                + ": id "
                + values[i]
                + " is outside the vocabulary; expected 0 to "
                + (bound - 1)
                + "; were the ids made with another tokenizer than the model's?");
      }
    }
  }
}

package dev.belay.train.data.example;

import dev.belay.train.data.DataException;
import dev.belay.train.data.SourcePosition;
import java.util.Arrays;
import java.util.OptionalInt;

/**
 * The three rows of a token sequence, [T] each.
 *
 * @param ids token ids
 * @param mask 1 for tokens, 0 for padding
 * @param types 0 for the first text, 1 for the second
 */
record TokenRows(FeatureRow.Ints ids, FeatureRow.Ints mask, FeatureRow.Ints types) {

  FeatureRow.Ints row(String feature) {
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
   * The mask of ids that came without one: padding at the end is 0, if the padding id is known. The
   * first token always counts.
   */
  static FeatureRow.Ints mask(int[] ids, OptionalInt paddingId, SharedRows shared) {
    int end = ids.length;
    while (paddingId.isPresent() && end > 1 && ids[end - 1] == paddingId.getAsInt()) {
      end--;
    }
    if (end == ids.length) {
      return shared.ones(end);
    }
    int[] mask = new int[ids.length];
    Arrays.fill(mask, 0, end, 1);
    return new FeatureRow.Ints(mask);
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

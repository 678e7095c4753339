package dev.belay.train.data.example;

import dev.belay.train.data.DataException;
import java.util.OptionalInt;

/**
 * One feature that a model wants for each example.
 *
 * @param name the model's own name, the key in a batch
 * @param feature name of the feature, one of {@link FeatureNames} or the name of a column
 * @param type type of its elements
 * @param scalar one element per example, [B], instead of a row, [B, T]
 * @param staticLength T, if the model fixes it
 * @param padding value after the end of a row, if it is neither 0 nor an id; a row of zeros is
 *     padded with 0
 */
public record FeatureRequest(
    String name,
    String feature,
    ElementType type,
    boolean scalar,
    OptionalInt staticLength,
    OptionalInt padding) {

  /**
   * A feature by the shape of the model's input.
   *
   * @param name the model's name for it
   * @param feature name of the feature, or a usual alias
   * @param type type of its elements
   * @param shape [B] or [B, T], -1 where the model leaves it open; null if it leaves all open
   * @throws DataException for any other shape
   */
  public static FeatureRequest of(String name, String feature, ElementType type, long... shape) {
    if (shape == null
        || shape.length < 1
        || shape.length > 2
        || shape[shape.length - 1] > Integer.MAX_VALUE) {
      throw new DataException(
          "the model's input '"
              + name
              + "' has "
              + (shape == null ? "any number of" : shape.length)
              + " dimensions; expected [batch] or [batch, length], which is what rows of a data"
              + " file can fill");
    }
    boolean scalar = shape.length == 1;
    boolean fixed = !scalar && shape[1] >= 0;
    return new FeatureRequest(
        name,
        FeatureNames.canonical(feature),
        type,
        scalar,
        fixed ? OptionalInt.of((int) shape[1]) : OptionalInt.empty(),
        OptionalInt.empty());
  }

  /** The same with another value after the end of a row. */
  public FeatureRequest withPadding(int value) {
    return new FeatureRequest(name, feature, type, scalar, staticLength, OptionalInt.of(value));
  }

  /** A row of whole numbers whose length the model leaves open, under its usual name. */
  public static FeatureRequest ids(String name) {
    return of(name, name, ElementType.INTEGER, -1, -1);
  }

  /** Whether this is a row that a tokenizer can make. */
  boolean isFromTokenizer() {
    return type != ElementType.STRING
        && (feature.equals(FeatureNames.INPUT_IDS)
            || feature.equals(FeatureNames.ATTENTION_MASK)
            || feature.equals(FeatureNames.TOKEN_TYPE_IDS));
  }

  /** Whether this is the number of tokens, which a tokenizer or a mask tells. */
  public boolean isLength() {
    return scalar && type == ElementType.INTEGER && FeatureNames.isLength(feature);
  }

  /** Refuses a row that the model's input has no room for. */
  void requireFits(CellValues cell, FeatureRow row) {
    int most = scalar ? 1 : staticLength.orElse(Integer.MAX_VALUE);
    if (row.length() > most || (scalar && row.length() != 1)) {
      throw cell.error(
          " has "
              + row.length()
              + " elements; expected "
              + (scalar ? "one" : "at most " + most)
              + ", as the model's input '"
              + name
              + "' has room for");
    }
  }

  /** Whether this is the text itself. */
  boolean isText() {
    return type == ElementType.STRING;
  }
}

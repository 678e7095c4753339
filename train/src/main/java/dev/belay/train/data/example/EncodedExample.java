package dev.belay.train.data.example;

import dev.belay.train.data.SourcePosition;
import java.util.List;
import java.util.Optional;

/**
 * An example as a model takes it, not padded.
 *
 * @param source its position in the file
 * @param features one row per {@link FeatureRequest}, in their order
 * @param label the class index or the value, [1], one class per token, [T], or where an answer
 *     starts and ends, [2]; empty if the data have none or none is needed
 * @param length tokens, padding in the file included; 0 for a model that takes text
 * @param tokens tokens that the attention mask counts
 * @param origin its source, for predictions that refer to it
 */
public record EncodedExample(
    SourcePosition source,
    List<FeatureRow> features,
    Optional<FeatureRow> label,
    int length,
    int tokens,
    Origin origin) {

  /** An example of which no answer speaks word by word. */
  public EncodedExample(
      SourcePosition source,
      List<FeatureRow> features,
      Optional<FeatureRow> label,
      int length,
      int tokens) {
    this(source, features, label, length, tokens, Origin.NONE);
  }

  /** The same with another label. */
  EncodedExample withLabel(FeatureRow other) {
    return new EncodedExample(source, features, Optional.of(other), length, tokens, origin);
  }
}

package dev.belay.train.data.example;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Requirements of one model and one run for examples.
 *
 * @param features features of the model, in the order of {@link EncodedExample#features}
 * @param labels rules for labels
 * @param maxLength maximum number of tokens of a row, at most the length of a static input; the
 *     tokenizer is opened with it
 * @param vocabularySize one more than the largest token id of the model, if it is known
 * @param paddingId the id that pads short rows, if it is known
 * @param targets rules for texts that a decoder beside an encoder learns to write, if there is one
 * @param rules rules that turn columns into inputs where their names are not enough
 */
public record ExampleOptions(
    List<FeatureRequest> features,
    LabelRule labels,
    int maxLength,
    OptionalInt vocabularySize,
    OptionalInt paddingId,
    Optional<TargetRule> targets,
    InputRules rules) {

  /** Lowers maxLength to what the model's own token inputs hold. */
  public ExampleOptions {
    features = List.copyOf(features);
    if (maxLength < 1) {
      throw new IllegalArgumentException("maxLength must be at least 1, was " + maxLength);
    }
    for (FeatureRequest request : features) {
      if (request.isFromTokenizer()) {
        maxLength = Math.min(maxLength, request.staticLength().orElse(maxLength));
      }
    }
  }

  /** Of a model that writes nothing, with columns by their names. */
  public ExampleOptions(
      List<FeatureRequest> features,
      LabelRule labels,
      int maxLength,
      OptionalInt vocabularySize,
      OptionalInt paddingId) {
    this(
        features,
        labels,
        maxLength,
        vocabularySize,
        paddingId,
        Optional.empty(),
        InputRules.byName());
  }

  /** The same for rows of another length. */
  public ExampleOptions withMaxLength(int length) {
    return new ExampleOptions(features, labels, length, vocabularySize, paddingId, targets, rules);
  }

  /** The same for other labels. */
  public ExampleOptions withLabels(LabelRule other) {
    return new ExampleOptions(
        features, other, maxLength, vocabularySize, paddingId, targets, rules);
  }

  boolean wants(String feature) {
    return features.stream().anyMatch(request -> request.feature().equals(feature));
  }

  /** Whether any feature can come only from text or from a tokenizer's columns. */
  boolean wantsTokens() {
    return features.stream().anyMatch(FeatureRequest::isFromTokenizer);
  }
}

package dev.belay.train.data.example;

import java.util.List;
import java.util.OptionalInt;

/**
 * What examples must be for one model and one run.
 *
 * @param features what the model wants, in the order of {@link EncodedExample#features}
 * @param labels what a label is
 * @param maxLength the longest row of tokens that is let in, at most what a static input holds; the
 *     tokenizer is opened with it
 * @param vocabularySize one more than the largest token id that the model knows, if it is known
 * @param paddingId the id that fills short rows, if it is known
 * @param decoderStart the id that what is written begins with, if the model writes
 * @param rules how columns become inputs where their names alone do not say it
 */
public record ExampleOptions(
    List<FeatureRequest> features,
    LabelRule labels,
    int maxLength,
    OptionalInt vocabularySize,
    OptionalInt paddingId,
    OptionalInt decoderStart,
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
        OptionalInt.empty(),
        InputRules.byName());
  }

  /** The same for rows of another length. */
  public ExampleOptions withMaxLength(int length) {
    return new ExampleOptions(
        features, labels, length, vocabularySize, paddingId, decoderStart, rules);
  }

  /** The same for other labels. */
  public ExampleOptions withLabels(LabelRule other) {
    return new ExampleOptions(
        features, other, maxLength, vocabularySize, paddingId, decoderStart, rules);
  }

  boolean wants(String feature) {
    return features.stream().anyMatch(request -> request.feature().equals(feature));
  }

  /** Whether any feature can come only from text or from a tokenizer's columns. */
  boolean wantsTokens() {
    return features.stream().anyMatch(FeatureRequest::isFromTokenizer);
  }
}

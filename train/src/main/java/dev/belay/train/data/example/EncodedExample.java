package dev.belay.train.data.example;

import dev.belay.train.data.SourcePosition;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

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
 * @param others further texts that it is compared with, each an example without a label
 */
public record EncodedExample(
    SourcePosition source,
    List<FeatureRow> features,
    Optional<FeatureRow> label,
    int length,
    int tokens,
    Origin origin,
    List<EncodedExample> others) {

  /** An example of one text. */
  public EncodedExample(
      SourcePosition source,
      List<FeatureRow> features,
      Optional<FeatureRow> label,
      int length,
      int tokens,
      Origin origin) {
    this(source, features, label, length, tokens, origin, List.of());
  }

  /** An example of which no answer speaks word by word. */
  public EncodedExample(
      SourcePosition source,
      List<FeatureRow> features,
      Optional<FeatureRow> label,
      int length,
      int tokens) {
    this(source, features, label, length, tokens, Origin.NONE);
  }

  /** An example of several texts, as long as the longest of them. */
  static EncodedExample ofTexts(List<EncodedExample> texts, FeatureRow label) {
    EncodedExample first = texts.get(0);
    return new EncodedExample(
        first.source,
        first.features,
        Optional.of(label),
        texts.stream().mapToInt(EncodedExample::length).max().orElseThrow(),
        texts.stream().mapToInt(EncodedExample::tokens).sum(),
        first.origin,
        List.copyOf(texts.subList(1, texts.size())));
  }

  /** Number of its texts. */
  public int texts() {
    return 1 + others.size();
  }

  /** Each of its texts as an example. */
  public Stream<EncodedExample> allTexts() {
    return Stream.concat(Stream.of(this), others.stream());
  }

  /** One of its texts, from 0. */
  public EncodedExample text(int index) {
    return index == 0 ? this : others.get(index - 1);
  }

  /** Whether its texts have a score, and are not ranked. */
  public boolean hasScore() {
    return label
        .map(row -> row instanceof FeatureRow.Floats floats && !Float.isNaN(floats.values()[0]))
        .orElse(false);
  }

  /** The same with another label. */
  EncodedExample withLabel(FeatureRow other) {
    return new EncodedExample(source, features, Optional.of(other), length, tokens, origin, others);
  }
}

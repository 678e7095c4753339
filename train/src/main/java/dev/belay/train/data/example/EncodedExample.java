package dev.belay.train.data.example;

import dev.belay.train.data.SourcePosition;
import java.util.List;
import java.util.Optional;

/**
 * An example as a model takes it, not padded.
 *
 * @param source where it stands
 * @param features one row per {@link FeatureRequest}, in their order
 * @param label the class index or the value, [1], or one class per token, [T]; empty if the data
 *     have none or none was asked for
 * @param length tokens, padding in the file included; 0 for a model that takes text
 * @param tokens tokens that the attention mask counts
 */
public record EncodedExample(
    SourcePosition source,
    List<FeatureRow> features,
    Optional<FeatureRow> label,
    int length,
    int tokens) {}

package dev.belay.train.task;

import dev.belay.graph.head.Head;
import dev.belay.graph.head.TokenHead;
import dev.belay.savedmodel.configuration.ModelConfiguration;
import dev.belay.savedmodel.names.Family;
import dev.belay.train.family.ModernBertFamily;
import java.util.List;
import java.util.Optional;

/** A task with an answer for each token, by one projection of its features. */
sealed interface TokenTask extends Task permits TokenClassification, QuestionAnswering {

  /** The layer that makes the logits, in all families but ModernBERT. */
  String layer();

  /** The layer that makes the logits. */
  default String layer(Family family) {
    return family == Family.MODERNBERT ? ModernBertFamily.PROJECTION : layer();
  }

  /** The rate of dropout before it, as Hugging Face's classes read their configuration. */
  double dropout(HeadLayers layers);

  @Override
  default boolean fits(Family family) {
    return family != Family.LLAMA && !family.isEncoderDecoder();
  }

  @Override
  default Optional<String> projection(Family family) {
    return Optional.of(layer(family));
  }

  @Override
  default List<String> layers(HeadFiles files) {
    return files.family() == Family.MODERNBERT ? ModernBertFamily.HEAD_LAYERS : List.of(layer());
  }

  @Override
  default HeadInput input(ModelConfiguration configuration) {
    return HeadInput.TOKENS;
  }

  @Override
  default Optional<Head> head(HeadLayers layers) {
    double dropout = layers.dropout(dropout(layers));
    return Optional.of(
        layers.family() == Family.MODERNBERT
            ? ModernBertFamily.head(
                layers.configuration(),
                Optional.empty(),
                layers.outputs(),
                dropout,
                layers.weights())
            : new TokenHead(layer(), layers.outputs(), dropout, layers.weights()));
  }
}

package dev.belay.train.task;

import dev.belay.graph.head.Head;
import dev.belay.graph.head.TokenHead;
import dev.belay.savedmodel.names.Family;
import java.util.List;
import java.util.Optional;

/** A task with an answer for each token, by one projection of its features. */
sealed interface TokenTask extends Task permits TokenClassification, QuestionAnswering {

  /** The layer that makes the logits, in all families. */
  String layer();

  /** The rate of dropout before it, as Hugging Face's classes read their configuration. */
  double dropout(HeadLayers layers);

  @Override
  default boolean fits(Family family) {
    return family != Family.LLAMA && !family.isEncoderDecoder();
  }

  @Override
  default Optional<String> projection(Family family) {
    return Optional.of(layer());
  }

  @Override
  default List<String> layers(HeadFiles files) {
    return List.of(layer());
  }

  @Override
  default HeadInput input() {
    return HeadInput.TOKENS;
  }

  @Override
  default Optional<Head> head(HeadLayers layers) {
    return Optional.of(
        new TokenHead(
            layer(), layers.outputs(), layers.dropout(dropout(layers)), layers.weights()));
  }
}

package dev.belay.train.task;

import dev.belay.graph.head.Head;
import dev.belay.graph.head.ScoreHead;
import dev.belay.graph.head.SequenceHead;
import dev.belay.savedmodel.configuration.ModelConfiguration;
import dev.belay.savedmodel.names.Family;
import dev.belay.train.data.example.Dataset;
import dev.belay.train.data.example.LabelMap;
import dev.belay.train.data.example.SummaryToken;
import dev.belay.train.family.DebertaFamily;
import dev.belay.train.family.EncoderFamily;
import dev.belay.train.family.ModernBertFamily;
import dev.belay.train.family.Seq2SeqFamily;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/** A task with one answer for each example, from features of the whole of it. */
sealed interface PooledTask extends Task
    permits SequenceClassification, MultiLabelClassification, Regression {
  @Override
  default boolean fits(Family family) {
    return family != Family.T5;
  }

  @Override
  default List<String> classes() {
    return List.of("ForSequenceClassification");
  }

  /** The layer that makes the logits. */
  static String layer(Family family) {
    List<String> layers = headLayers(family);
    return layers.get(layers.size() - 1);
  }

  private static List<String> headLayers(Family family) {
    if (family == Family.BART) {
      return List.of(SequenceHead.Form.BART.dense(), SequenceHead.Form.BART.projection());
    }
    return family.isDecoder()
        ? List.of(ScoreHead.PROJECTION)
        : EncoderFamily.sequenceHeadLayers(family);
  }

  @Override
  default Optional<String> projection(Family family) {
    return Optional.of(layer(family));
  }

  @Override
  default List<String> layers(HeadFiles files) {
    return headLayers(files.family());
  }

  @Override
  default Optional<LabelMap> names(HeadFiles files) {
    return files.names(layer(files.family()), outputs());
  }

  @Override
  default HeadInput input(ModelConfiguration configuration) {
    return ModernBertFamily.readsMean(configuration) ? HeadInput.TOKENS : HeadInput.EXAMPLE;
  }

  @Override
  default Optional<Head> head(HeadLayers layers) {
    if (layers.family().isDecoder()) {
      return Optional.of(new ScoreHead(layers.outputs(), layers.weights()));
    }
    ModelConfiguration configuration = layers.configuration();
    double rate = configuration.dropouts().classifier().orElse(configuration.dropouts().hidden());
    if (layers.family() == Family.MODERNBERT) {
      return Optional.of(
          ModernBertFamily.head(
              configuration,
              ModernBertFamily.readsMean(configuration)
                  ? Optional.of(layers.mask())
                  : Optional.empty(),
              layers.outputs(),
              layers.dropout(rate),
              layers.weights()));
    }
    if (layers.family().isDisentangled()) {
      return Optional.of(
          DebertaFamily.head(
              configuration,
              layers.outputs(),
              layers.dropout(configuration.disentangledAttention().pooler().dropout()),
              layers.dropout(rate),
              layers.weights()));
    }
    return Optional.of(
        new SequenceHead(
            layers.family() == Family.BART
                ? SequenceHead.Form.BART
                : EncoderFamily.sequenceHead(layers.family()),
            layers.outputs(),
            layers.dropout(rate),
            layers.weights()));
  }

  @Override
  default boolean fitsSavedModel() {
    return true;
  }

  @Override
  default Optional<SummaryToken> summaryToken(ModelConfiguration configuration) {
    return configuration.family() == Family.BART
        ? Optional.of(new SummaryToken(Seq2SeqFamily.summaryToken(configuration).getAsInt()))
        : Optional.empty();
  }

  /** Makes one prediction for each example of the files. */
  default int predict(
      PredictionRun run, Function<ExampleOutput, Prediction> made, Consumer<Prediction> sink) {
    Dataset dataset = run.read(unlabelled(run.labels()));
    return ExampleOutput.predict(run, dataset, outputs().orElse(1), made, sink);
  }
}

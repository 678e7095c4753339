package dev.belay.train.task;

import dev.belay.graph.head.Head;
import dev.belay.graph.head.TokenClassificationHead;
import dev.belay.graph.loss.Loss;
import dev.belay.graph.loss.ProbabilityCrossEntropy;
import dev.belay.graph.loss.SparseSoftmaxCrossEntropy;
import dev.belay.savedmodel.names.Family;
import dev.belay.train.config.ModelConfig;
import dev.belay.train.config.QuestionConfig;
import dev.belay.train.data.batch.BatchColumn;
import dev.belay.train.data.example.Dataset;
import dev.belay.train.data.example.FeatureRow;
import dev.belay.train.data.example.LabelMap;
import dev.belay.train.data.example.LabelRule;
import dev.belay.train.data.example.Origin;
import dev.belay.train.metrics.ClassificationMetrics;
import dev.belay.train.metrics.EntityMetrics;
import dev.belay.train.metrics.Metrics;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/**
 * One class or token id per token: logits [B, T, C].
 *
 * @param outputs C, if it is known
 */
public record TokenClassification(OptionalInt outputs) implements TokenTask {
  /** For a GPT-2 whose configuration names no head. */
  private static final double GPT2_DROPOUT = 0.1;

  @Override
  public String option() {
    return "token-classification";
  }

  @Override
  public List<String> classes() {
    return List.of("ForTokenClassification");
  }

  @Override
  public String layer() {
    return "classifier";
  }

  @Override
  public double dropout(HeadLayers layers) {
    double hidden = layers.configuration().dropouts().hidden();
    if (layers.family() == Family.DISTILBERT || layers.family().isDisentangled()) {
      return hidden;
    }
    if (layers.family() == Family.GPT2) {
      return layers
          .configuration()
          .number("classifier_dropout")
          .or(() -> layers.configuration().number("hidden_dropout"))
          .orElse(GPT2_DROPOUT);
    }
    return layers.configuration().dropouts().classifier().orElse(hidden);
  }

  /** In encoders the layer is called as that for classes of whole examples. */
  @Override
  public boolean isIn(HeadFiles files) {
    return files.family().isDecoder() && files.hold(this);
  }

  @Override
  public Task with(HeadFiles files) {
    files.requireStored(layer());
    ProblemTypes.refuse(files.config(), this);
    return new TokenClassification(files.classes(layer()));
  }

  @Override
  public Optional<LabelMap> names(HeadFiles files) {
    return files.names(layer(), outputs);
  }

  @Override
  public boolean fitsSavedModel() {
    return true;
  }

  @Override
  public Task onSavedModel(ModelConfig config, Optional<String> said) {
    ProblemTypes.refuse(config, this);
    return new TokenClassification(SequenceClassification.asked(config));
  }

  @Override
  public Optional<Head> savedModelHead(int outputs, double dropout, long seed) {
    return Optional.of(new TokenClassificationHead(outputs, dropout, seed));
  }

  @Override
  public Loss loss(boolean probabilities) {
    return probabilities ? new ProbabilityCrossEntropy() : new SparseSoftmaxCrossEntropy();
  }

  @Override
  public LabelRule labels(Optional<LabelMap> names) {
    return LabelRule.words(ofOutputs(names), outputs);
  }

  @Override
  public LabelRule unlabelled(Optional<LabelMap> names) {
    return ofOutputs(names).isPresent() ? LabelRule.wordsAlone() : LabelRule.none();
  }

  /** Classes that the data have as numbers are at least two. */
  @Override
  public int outputs(Dataset data) {
    return outputs.isPresent() || data.labels().isPresent()
        ? TokenTask.super.outputs(data)
        : data.examples().stream()
            .flatMap(example -> example.label().stream())
            .flatMapToInt(label -> Arrays.stream(((FeatureRow.Ints) label).values()))
            .map(number -> number + 1)
            .reduce(2, Math::max);
  }

  @Override
  public BatchColumn madeUpLabels(int examples, int tokens) {
    return new BatchColumn.IntMatrix(examples, tokens, new int[examples * tokens]);
  }

  @Override
  public Metrics newMetrics(
      Dataset data, int outputs, Optional<LabelMap> labels, QuestionConfig questions) {
    List<String> names = labels.map(LabelMap::names).orElse(List.of());
    return names.size() == outputs && EntityMetrics.fit(names)
        ? new EntityMetrics(names)
        : new ClassificationMetrics(outputs);
  }

  @Override
  public int predict(PredictionRun run, Consumer<Prediction> sink) {
    Dataset dataset = run.read(unlabelled(run.labels()));
    return ExampleOutput.predict(
        run,
        dataset,
        (long) dataset.longest() * outputs().orElse(1),
        output ->
            output.example().origin() instanceof Origin.Words words
                ? WordLabels.of(words, output, run.labels().orElseThrow())
                : TokenLogits.of(output),
        sink);
  }
}

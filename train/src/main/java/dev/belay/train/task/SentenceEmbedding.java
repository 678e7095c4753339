package dev.belay.train.task;

import dev.belay.graph.head.EmbeddingHead;
import dev.belay.graph.head.Head;
import dev.belay.graph.loss.Loss;
import dev.belay.graph.loss.SentenceSimilarity;
import dev.belay.savedmodel.configuration.ModelConfiguration;
import dev.belay.savedmodel.names.Family;
import dev.belay.savedmodel.weights.SentenceModules;
import dev.belay.train.config.EmbeddingConfig;
import dev.belay.train.config.QuestionConfig;
import dev.belay.train.data.batch.BatchColumn;
import dev.belay.train.data.example.Dataset;
import dev.belay.train.data.example.LabelMap;
import dev.belay.train.data.example.LabelRule;
import dev.belay.train.metrics.EmbeddingMetrics;
import dev.belay.train.metrics.Metrics;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/**
 * A vector of each text, as in sentence-transformers: the pooled features of its tokens, [B, H]. It
 * learns from pairs of texts, with or without further wrong ones, or from the similarity of two
 * texts.
 *
 * @param outputs H
 * @param modules pooling and normalization
 * @param scale of the cosines in the loss of pairs
 */
public record SentenceEmbedding(OptionalInt outputs, SentenceModules modules, double scale)
    implements Task {
  /** The name that sentence-transformers has for its vectors. */
  public static final String OUTPUT = "sentence_embedding";

  private static final SentenceModules USUAL =
      new SentenceModules(SentenceModules.Pooling.MEAN, true, OptionalInt.empty());

  /** Before the model is known. */
  SentenceEmbedding() {
    this(OptionalInt.empty(), USUAL, 1);
  }

  @Override
  public String option() {
    return EmbeddingConfig.HEAD;
  }

  @Override
  public boolean fits(Family family) {
    return family.isEncoder();
  }

  @Override
  public List<String> classes() {
    return List.of("Model");
  }

  @Override
  public Optional<String> projection(Family family) {
    return Optional.empty();
  }

  @Override
  public boolean isIn(HeadFiles files) {
    return files.modules().isPresent();
  }

  @Override
  public Task with(HeadFiles files) {
    ProblemTypes.refuse(files.config(), this);
    EmbeddingConfig options = files.config().embedding();
    return new SentenceEmbedding(
        OptionalInt.of(files.configuration().sizes().hidden()),
        modules(options, files.modules()),
        options.scale());
  }

  /**
   * The modules that options ask for.
   *
   * @param said those of the model's files
   */
  public static SentenceModules modules(EmbeddingConfig options, Optional<SentenceModules> said) {
    SentenceModules before = said.orElse(USUAL);
    return new SentenceModules(
        options.pooling().orElse(before.pooling()),
        options.normalize().orElse(before.normalized()),
        before.maxSeqLength());
  }

  /** The pooler of Hugging Face's class, which no vector reads and every export keeps. */
  @Override
  public List<String> layers(HeadFiles files) {
    String end = ".weight";
    return files.weights().names().stream()
        .filter(name -> name.matches("[^.]+\\.pooler(\\.dense)?\\.weight"))
        .map(name -> name.substring(0, name.length() - end.length()))
        .toList();
  }

  @Override
  public HeadInput input(ModelConfiguration configuration) {
    return modules.pooling() == SentenceModules.Pooling.CLS ? HeadInput.EXAMPLE : HeadInput.TOKENS;
  }

  @Override
  public Optional<Head> head(HeadLayers layers) {
    return Optional.of(
        new EmbeddingHead(
            layers.mask(),
            switch (modules.pooling()) {
              case MEAN -> EmbeddingHead.Pooling.MEAN;
              case CLS -> EmbeddingHead.Pooling.FIRST;
              case LAST -> EmbeddingHead.Pooling.LAST;
            },
            modules.normalized(),
            layers(layers.files()),
            layers.weights()));
  }

  @Override
  public String description(Family family) {
    return "head "
        + option()
        + " (pooling "
        + modules.pooling().option()
        + (modules.normalized() ? ", normalized" : "")
        + ")";
  }

  @Override
  public OptionalInt usualLength() {
    return modules.maxSeqLength();
  }

  @Override
  public String servedOutput() {
    return OUTPUT;
  }

  @Override
  public Map<String, byte[]> files(OptionalInt longest) throws IOException {
    return new SentenceModules(modules.pooling(), modules.normalized(), longest)
        .files(outputs.orElseThrow());
  }

  @Override
  public boolean ranksBatches() {
    return true;
  }

  @Override
  public Loss loss(boolean probabilities) {
    return new SentenceSimilarity(scale);
  }

  @Override
  public LabelRule labels(Optional<LabelMap> names) {
    return LabelRule.sentences(true);
  }

  @Override
  public LabelRule unlabelled(Optional<LabelMap> names) {
    return LabelRule.sentences(false);
  }

  /** Of examples with two texts each. */
  @Override
  public BatchColumn madeUpLabels(int examples, int tokens) {
    float[] scores = new float[examples / 2];
    Arrays.fill(scores, SentenceSimilarity.NO_SCORE);
    return new BatchColumn.FloatMatrix(scores.length, 1, scores);
  }

  @Override
  public Metrics newMetrics(
      Dataset data, int outputs, Optional<LabelMap> labels, QuestionConfig questions) {
    return new EmbeddingMetrics(data.examples());
  }

  @Override
  public int predict(PredictionRun run, Consumer<Prediction> sink) {
    Dataset dataset = run.read(unlabelled(run.labels()));
    return ExampleOutput.predict(run, dataset, outputs.orElseThrow(), Embedding::of, sink);
  }
}

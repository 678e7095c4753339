package dev.belay.train.task;

import dev.belay.graph.loss.Loss;
import dev.belay.graph.loss.SpanCrossEntropy;
import dev.belay.savedmodel.configuration.ModelConfiguration;
import dev.belay.savedmodel.names.Family;
import dev.belay.train.answer.QuestionAnswers;
import dev.belay.train.answer.QuestionMetrics;
import dev.belay.train.config.QuestionConfig;
import dev.belay.train.data.batch.BatchColumn;
import dev.belay.train.data.batch.LengthOrder;
import dev.belay.train.data.example.Dataset;
import dev.belay.train.data.example.LabelMap;
import dev.belay.train.data.example.LabelRule;
import dev.belay.train.metrics.Metrics;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import org.tensorflow.ndarray.Shape;

/**
 * Extractive question answering: the start and end of the answer in a context, with logits [B, T,
 * 2].
 */
public record QuestionAnswering() implements TokenTask {
  private static final String CLASS = "ForQuestionAnswering";

  /** A start and an end. */
  private static final int ENDS = 2;

  /** For a DistilBERT whose configuration names no rate. */
  private static final double DISTILBERT_DROPOUT = 0.1;

  /** Whether a configuration says that its model finds where answers start and end. */
  static boolean isSaidBy(ModelConfiguration configuration) {
    return configuration.architectures().stream().anyMatch(name -> name.endsWith(CLASS));
  }

  @Override
  public String option() {
    return "question-answering";
  }

  /** BART has a class for answers, and none for classes of tokens. */
  @Override
  public boolean fits(Family family) {
    return family == Family.BART || TokenTask.super.fits(family);
  }

  @Override
  public OptionalInt outputs() {
    return OptionalInt.of(ENDS);
  }

  @Override
  public List<String> classes() {
    return List.of(CLASS);
  }

  @Override
  public String layer() {
    return "qa_outputs";
  }

  @Override
  public double dropout(HeadLayers layers) {
    return switch (layers.family()) {
      case DISTILBERT -> layers.configuration().number("qa_dropout").orElse(DISTILBERT_DROPOUT);
      case MODERNBERT -> layers.configuration().dropouts().classifier().orElse(0.0);
      default -> 0;
    };
  }

  /** ModernBERT's layer is called as that for classes of whole examples. */
  @Override
  public boolean isIn(HeadFiles files) {
    return files.family() != Family.MODERNBERT && files.hold(this);
  }

  @Override
  public Task with(HeadFiles files) {
    ProblemTypes.refuse(files.config(), this);
    return this;
  }

  /**
   * A language model continues longer texts than it was trained with; answers are not searched that
   * way.
   */
  @Override
  public boolean keepsTrainedLength() {
    return true;
  }

  /** Starts and ends are chosen among all positions of a row, as in Hugging Face's classes. */
  @Override
  public boolean readsPadding() {
    return true;
  }

  @Override
  public Loss loss(boolean probabilities) {
    return new SpanCrossEntropy();
  }

  @Override
  public LabelRule labels(Optional<LabelMap> names) {
    return LabelRule.spans(true);
  }

  @Override
  public LabelRule unlabelled(Optional<LabelMap> names) {
    return LabelRule.spans(false);
  }

  @Override
  public BatchColumn madeUpLabels(int examples, int tokens) {
    return new BatchColumn.IntMatrix(examples, ENDS, new int[examples * ENDS]);
  }

  @Override
  public Metrics newMetrics(
      Dataset data, int outputs, Optional<LabelMap> labels, QuestionConfig questions) {
    return new QuestionMetrics(data.examples(), questions);
  }

  @Override
  public int predict(PredictionRun run, Consumer<Prediction> sink) {
    Dataset dataset = run.read(unlabelled(run.labels()));
    QuestionAnswers answers =
        new QuestionAnswers(
            dataset.examples(),
            run.config().data().question(),
            found -> sink.accept(QuestionAnswer.of(found, run.config().nBest())));
    LengthOrder order = run.byLength(dataset, (long) ENDS * dataset.longest());
    Consumer<float[]> restoring =
        order.restoring(logits -> answers.add(logits, Shape.of(1, logits.length / ENDS, ENDS)));
    ExampleOutput.each(run, order.sorted(), output -> restoring.accept(output.all()));
    return dataset.size();
  }
}

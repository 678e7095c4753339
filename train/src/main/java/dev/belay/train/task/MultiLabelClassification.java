package dev.belay.train.task;

import dev.belay.graph.head.ClassificationHead;
import dev.belay.graph.head.Head;
import dev.belay.graph.loss.Loss;
import dev.belay.graph.loss.SigmoidCrossEntropy;
import dev.belay.savedmodel.names.Family;
import dev.belay.train.config.ModelConfig;
import dev.belay.train.config.QuestionConfig;
import dev.belay.train.data.batch.BatchColumn;
import dev.belay.train.data.example.Dataset;
import dev.belay.train.data.example.LabelMap;
import dev.belay.train.data.example.LabelRule;
import dev.belay.train.failure.ModelException;
import dev.belay.train.metrics.Metrics;
import dev.belay.train.metrics.MultiLabelMetrics;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/**
 * Any number of classes per example: logits [B, C], each with its own sigmoid. It has the head of
 * {@link SequenceClassification}; {@code problem_type} says which of the two a model learns.
 *
 * @param outputs C, if it is known
 */
public record MultiLabelClassification(OptionalInt outputs) implements PooledTask {

  /** Classes of a dummy batch, if their number is unknown. */
  private static final int SOME_CLASSES = 2;

  @Override
  public String option() {
    return "classification";
  }

  @Override
  public String description(Family family) {
    return "head classification, multi-label (" + PooledTask.layer(family) + ")";
  }

  @Override
  public Task with(HeadFiles files) {
    return this;
  }

  @Override
  public Optional<String> problemType(Optional<String> before) {
    return Optional.of(ModelConfig.MULTI_LABEL);
  }

  @Override
  public Optional<Head> savedModelHead(int outputs, double dropout, long seed) {
    return Optional.of(new ClassificationHead(outputs, dropout, seed));
  }

  @Override
  public Loss loss(boolean probabilities) {
    return new SigmoidCrossEntropy();
  }

  @Override
  public LabelRule labels(Optional<LabelMap> names) {
    return LabelRule.classSets(fitting(names), outputs);
  }

  @Override
  public LabelRule unlabelled(Optional<LabelMap> names) {
    fitting(names);
    return LabelRule.none();
  }

  /**
   * The labels of an example are a row as wide as the logits.
   *
   * @throws ModelException if there are more or fewer names than outputs
   */
  private Optional<LabelMap> fitting(Optional<LabelMap> names) {
    Optional<LabelMap> known = ofOutputs(names);
    if (known.isPresent() && outputs.isPresent() && known.get().size() != outputs.getAsInt()) {
      throw new ModelException(
          "the model has "
              + outputs.getAsInt()
              + " outputs and "
              + known.get().size()
              + " names of labels: "
              + known.get()
              + "; expected one for each output, in their order (--labels, or labels.txt in the"
              + " model's assets.extra)");
    }
    return known;
  }

  @Override
  public BatchColumn madeUpLabels(int examples, int tokens) {
    int classes = outputs.orElse(SOME_CLASSES);
    return new BatchColumn.FloatMatrix(examples, classes, new float[examples * classes]);
  }

  @Override
  public Metrics newMetrics(
      Dataset data, int outputs, Optional<LabelMap> labels, QuestionConfig questions) {
    return new MultiLabelMetrics(outputs);
  }

  @Override
  public int predict(PredictionRun run, Consumer<Prediction> sink) {
    return predict(
        run, output -> LabelSet.of(ExampleOutput.list(output.first()), run.labels()), sink);
  }
}

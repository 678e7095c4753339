package dev.belay.train.task;

import dev.belay.graph.head.ClassificationHead;
import dev.belay.graph.head.Head;
import dev.belay.graph.loss.Loss;
import dev.belay.graph.loss.ProbabilityCrossEntropy;
import dev.belay.graph.loss.SparseSoftmaxCrossEntropy;
import dev.belay.savedmodel.names.Family;
import dev.belay.train.config.ModelConfig;
import dev.belay.train.config.QuestionConfig;
import dev.belay.train.data.batch.BatchColumn;
import dev.belay.train.data.example.Dataset;
import dev.belay.train.data.example.LabelMap;
import dev.belay.train.data.example.LabelRule;
import dev.belay.train.metrics.ClassificationMetrics;
import dev.belay.train.metrics.Metrics;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/**
 * One class per example: logits [B, C].
 *
 * @param outputs C, if it is known
 */
public record SequenceClassification(OptionalInt outputs) implements PooledTask {

  /** The requested number of classes. */
  static OptionalInt asked(ModelConfig config) {
    return config.labels().map(OptionalInt::of).orElse(OptionalInt.empty());
  }

  @Override
  public String option() {
    return "classification";
  }

  @Override
  public boolean isUsual(Family family) {
    return family.isEncoder();
  }

  @Override
  public boolean isIn(HeadFiles files) {
    return files.hold(this);
  }

  /** A head of several labels if options or files say so, one of a number if it has one output. */
  @Override
  public Task with(HeadFiles files) {
    String projection = PooledTask.layer(files.family());
    files.requireStored(projection);
    Optional<String> said = files.configuration().problemType();
    boolean multiLabel = ProblemTypes.isMultiLabel(files.config(), said);
    if (!multiLabel && files.isOwn() && files.stored(projection).equals(OptionalInt.of(1))) {
      return new Regression().with(files);
    }
    if (files.isOwn()) {
      ProblemTypes.refuseNumbers(files.config(), said);
    }
    OptionalInt outputs = files.classes(projection);
    return multiLabel ? new MultiLabelClassification(outputs) : new SequenceClassification(outputs);
  }

  @Override
  public Optional<String> problemType(Optional<String> before) {
    return before.map(any -> ModelConfig.SINGLE_LABEL);
  }

  @Override
  public Task onSavedModel(ModelConfig config, Optional<String> said) {
    return ProblemTypes.isMultiLabel(config, said)
        ? new MultiLabelClassification(asked(config))
        : new SequenceClassification(asked(config));
  }

  @Override
  public Optional<Head> savedModelHead(int outputs, double dropout, long seed) {
    return Optional.of(new ClassificationHead(outputs, dropout, seed));
  }

  @Override
  public Loss loss(boolean probabilities) {
    return probabilities ? new ProbabilityCrossEntropy() : new SparseSoftmaxCrossEntropy();
  }

  @Override
  public LabelRule labels(Optional<LabelMap> names) {
    Optional<LabelMap> known = ofOutputs(names);
    if (known.isPresent()) {
      return LabelRule.classes(known.get());
    }
    return outputs.isPresent() ? LabelRule.classes(outputs.getAsInt()) : LabelRule.classes();
  }

  @Override
  public BatchColumn madeUpLabels(int examples, int tokens) {
    return new BatchColumn.IntMatrix(examples, 1, new int[examples]);
  }

  @Override
  public Metrics newMetrics(
      Dataset data, int outputs, Optional<LabelMap> labels, QuestionConfig questions) {
    return new ClassificationMetrics(outputs);
  }

  @Override
  public int predict(PredictionRun run, Consumer<Prediction> sink) {
    return predict(run, output -> Classification.of(output, run.labels()), sink);
  }
}

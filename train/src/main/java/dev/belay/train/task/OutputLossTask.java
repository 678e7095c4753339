package dev.belay.train.task;

import dev.belay.graph.head.Head;
import dev.belay.graph.loss.Loss;
import dev.belay.savedmodel.configuration.ModelConfiguration;
import dev.belay.savedmodel.names.Family;
import dev.belay.train.config.LossConfig;
import dev.belay.train.config.QuestionConfig;
import dev.belay.train.data.batch.BatchColumn;
import dev.belay.train.data.example.Dataset;
import dev.belay.train.data.example.LabelMap;
import dev.belay.train.data.example.LabelRule;
import dev.belay.train.failure.ModelException;
import dev.belay.train.metrics.DecodedClasses;
import dev.belay.train.metrics.LossAlone;
import dev.belay.train.metrics.Metrics;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/**
 * A task whose classes or whose loss the model itself computes, such as tagging with a conditional
 * random field.
 *
 * @param labelled the task with the same labels
 * @param answer what the model predicts
 * @param lossOfBatch whether the loss is one number for a batch
 * @param hasLoss whether there is a loss
 */
public record OutputLossTask(Task labelled, Answer answer, boolean lossOfBatch, boolean hasLoss)
    implements Task {

  /** Form of a model's predictions beside its loss. */
  public enum Answer {
    /** Those of the task with the same labels. */
    LOGITS,
    /** A class for each token or example, [B, T, 1] or [B, 1]. */
    CLASSES,
    /** Nothing. */
    NOTHING
  }

  /** Decoded classes of each token, of a model whose loss is not known. */
  public static OutputLossTask decoding(boolean perToken) {
    OptionalInt unknown = OptionalInt.empty();
    return new OutputLossTask(
        perToken ? new TokenClassification(unknown) : new SequenceClassification(unknown),
        Answer.CLASSES,
        false,
        false);
  }

  @Override
  public String option() {
    return labelled.option();
  }

  @Override
  public OptionalInt outputs() {
    return labelled.outputs();
  }

  @Override
  public boolean fits(Family family) {
    return false;
  }

  @Override
  public List<String> classes() {
    return List.of();
  }

  @Override
  public Optional<String> projection(Family family) {
    return Optional.empty();
  }

  @Override
  public Task with(HeadFiles files) {
    throw new IllegalStateException("a SavedModel computes the loss, not a graph of Belay");
  }

  @Override
  public List<String> layers(HeadFiles files) {
    return List.of();
  }

  @Override
  public HeadInput input(ModelConfiguration configuration) {
    return labelled.input(configuration);
  }

  @Override
  public Optional<Head> head(HeadLayers layers) {
    return Optional.empty();
  }

  @Override
  public Optional<String> problemType(Optional<String> before) {
    return labelled.problemType(before);
  }

  @Override
  public boolean reducesBatches() {
    return lossOfBatch;
  }

  @Override
  public Loss loss(boolean probabilities) {
    throw new IllegalStateException("the model computes the loss");
  }

  /** Names of outputs whose number only the model knows are taken to be all of them. */
  @Override
  public Optional<LabelMap> ofOutputs(Optional<LabelMap> names) {
    return sized(names).ofOutputs(names);
  }

  @Override
  public LabelRule labels(Optional<LabelMap> names) {
    return sized(names).labels(names).ofOutputs();
  }

  @Override
  public LabelRule unlabelled(Optional<LabelMap> names) {
    return sized(names).unlabelled(names);
  }

  private Task sized(Optional<LabelMap> names) {
    if (outputs().isPresent() || names.isEmpty()) {
      return labelled;
    }
    OptionalInt classes = OptionalInt.of(names.get().size());
    return labelled instanceof TokenClassification
        ? new TokenClassification(classes)
        : labelled instanceof SequenceClassification
            ? new SequenceClassification(classes)
            : labelled;
  }

  @Override
  public int outputs(Dataset data) {
    return labelled.outputs(data);
  }

  @Override
  public BatchColumn madeUpLabels(int examples, int tokens) {
    return labelled.madeUpLabels(examples, tokens);
  }

  @Override
  public Metrics newMetrics(
      Dataset data, int outputs, Optional<LabelMap> labels, QuestionConfig questions) {
    return switch (answer) {
      case LOGITS -> labelled.newMetrics(data, outputs, labels, questions);
      case CLASSES ->
          new DecodedClasses(labels.map(LabelMap::names).orElse(List.of()), outputs, hasLoss);
      case NOTHING -> new LossAlone();
    };
  }

  @Override
  public int predict(PredictionRun run, Consumer<Prediction> sink) throws IOException {
    return switch (answer) {
      case LOGITS -> labelled.predict(run, sink);
      case CLASSES -> decode(run, sink);
      case NOTHING ->
          throw new ModelException(
              run.config().model().path()
                  + ": "
                  + LossConfig.OPTION
                  + " names the loss, and nothing says what the model predicts: name that output"
                  + " with --output");
    };
  }

  private int decode(PredictionRun run, Consumer<Prediction> sink) {
    Dataset dataset = run.read(unlabelled(run.labels()));
    return ExampleOutput.predict(
        run,
        dataset,
        Math.max(1, dataset.longest()),
        output -> DecodedLabels.of(output, run.labels()),
        sink);
  }
}

package dev.belay.train.task;

import dev.belay.graph.head.Head;
import dev.belay.graph.loss.Loss;
import dev.belay.graph.loss.ProbabilityCrossEntropy;
import dev.belay.graph.loss.SparseSoftmaxCrossEntropy;
import dev.belay.savedmodel.configuration.ModelConfiguration;
import dev.belay.savedmodel.names.Family;
import dev.belay.train.config.QuestionConfig;
import dev.belay.train.data.batch.BatchColumn;
import dev.belay.train.data.example.Dataset;
import dev.belay.train.data.example.LabelMap;
import dev.belay.train.metrics.LanguageMetrics;
import dev.belay.train.metrics.Metrics;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/** A task that is answered with words of a vocabulary: logits [B, T, V]. */
sealed interface LanguageTask extends Task permits MaskedLm, CausalLm, Seq2Seq {

  /** The same task with a vocabulary of that size. */
  Task of(OptionalInt vocabulary);

  @Override
  default List<String> layers(HeadFiles files) {
    return List.of();
  }

  @Override
  default HeadInput input(ModelConfiguration configuration) {
    return HeadInput.NOTHING;
  }

  @Override
  default Optional<Head> head(HeadLayers layers) {
    return Optional.empty();
  }

  @Override
  default Optional<String> projection(Family family) {
    return Optional.empty();
  }

  @Override
  default Task with(HeadFiles files) {
    ProblemTypes.refuse(files.config(), this);
    return of(OptionalInt.of(files.configuration().sizes().vocabulary()));
  }

  @Override
  default Loss loss(boolean probabilities) {
    return probabilities ? new ProbabilityCrossEntropy() : new SparseSoftmaxCrossEntropy();
  }

  @Override
  default BatchColumn madeUpLabels(int examples, int tokens) {
    return new BatchColumn.IntMatrix(examples, tokens, new int[examples * tokens]);
  }

  @Override
  default Metrics newMetrics(
      Dataset data, int outputs, Optional<LabelMap> labels, QuestionConfig questions) {
    return new LanguageMetrics();
  }

  @Override
  default int predict(PredictionRun run, Consumer<Prediction> sink) throws IOException {
    if (run.generates()) {
      return write(run, sink);
    }
    Dataset dataset = run.read(unlabelled(run.labels()));
    long numbers = (long) dataset.longest() * outputs().orElse(Short.MAX_VALUE);
    return ExampleOutput.predict(run, dataset, numbers, TokenLogits::of, sink);
  }

  /** Answers each line of the files with words, in their order; returns how many there were. */
  int write(PredictionRun run, Consumer<Prediction> sink) throws IOException;
}

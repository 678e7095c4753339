package dev.belay.train;

import dev.belay.train.answer.QuestionAnswers;
import dev.belay.train.config.EvaluateConfig;
import dev.belay.train.data.batch.Batch;
import dev.belay.train.data.batch.BatchOptions;
import dev.belay.train.data.batch.BatchSource;
import dev.belay.train.data.batch.Prefetcher;
import dev.belay.train.data.example.Dataset;
import dev.belay.train.data.example.EncodedExample;
import dev.belay.train.data.example.LabelRule;
import dev.belay.train.data.example.Origin;
import dev.belay.train.data.file.Row;
import dev.belay.train.step.EvaluationResult;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;

/**
 * A loaded model's predictions about data, by its task: what {@code belay predict} writes and what a
 * {@link Predictor} returns. Several threads may ask at once.
 *
 * @param config the size of a batch, and how a language model writes
 */
record DatasetPredictions(EvaluateConfig config, LoadedModel loaded) {
  private static final int BATCHES_AHEAD = 4;

  /** What a batch's results and rows become. */
  private interface Results {
    void accept(EvaluationResult result, Batch batch);
  }

  /** Whether the model answers with words of a vocabulary. */
  boolean writes() {
    return loaded.graph().task().kind().isLanguage() && loaded.model().generates();
  }

  /** How examples are read that have no labels. */
  LabelRule rule() {
    return loaded.graph().task().unlabelled(loaded.labels());
  }

  /** Reads files as the model's inputs. */
  Dataset read(List<Path> files) {
    return writes() ? language().read(files) : loaded.data().read(files, rule());
  }

  /** Encodes rows as the model's inputs. */
  Dataset encode(List<Row> rows) {
    return writes() ? language().encode(rows) : loaded.data().encode(rows, rule());
  }

  /** Predicts for each example, or question, in their order. */
  void predict(Dataset dataset, Consumer<ModelEvaluation.Prediction> sink) throws IOException {
    if (writes()) {
      language().answer(dataset, sink);
    } else if (dataset.options().labels().kind().isOfQuestions()) {
      QuestionAnswers answers =
          new QuestionAnswers(
              dataset.examples(),
              config.data().question(),
              found -> sink.accept(QuestionAnswer.of(found, config.nBest())));
      run(dataset, (result, batch) -> answers.add(result.logits(), result.shape()));
    } else {
      Iterator<EncodedExample> examples = dataset.examples().iterator();
      run(
          dataset,
          (result, batch) -> {
            for (int row = 0; row < batch.exampleCount(); row++) {
              EncodedExample example = examples.next();
              sink.accept(
                  example.origin() instanceof Origin.Words words
                      ? WordLabels.of(words, result, row, loaded.labels().orElseThrow())
                      : ModelEvaluation.prediction(
                          loaded, result, row, batch.lengths().get(row)));
            }
          });
    }
  }

  private LanguageAnswers language() {
    return new LanguageAnswers(
        config, loaded.data(), loaded.model(), loaded.graph(), loaded.runner());
  }

  private void run(Dataset dataset, Results results) {
    BatchSource source =
        new BatchSource(
            dataset,
            BatchOptions.inOrder(config.data().evalBatchSize(), RunDatasets.PAD_TO_MULTIPLE));
    if (source.batchesPerEpoch() == 1) { // a thread that prepares it would cost more than it saves
      Batch only = source.epoch(0).next();
      results.accept(loaded.runner().evaluate(only), only);
      return;
    }
    try (Prefetcher batches = Prefetcher.start(source.epoch(0), BATCHES_AHEAD)) {
      while (batches.hasNext()) {
        Batch batch = batches.next();
        results.accept(loaded.runner().evaluate(batch), batch);
      }
    }
  }
}

package dev.belay.train.task;

import dev.belay.train.data.batch.Batch;
import dev.belay.train.data.batch.LengthOrder;
import dev.belay.train.data.batch.Prefetcher;
import dev.belay.train.data.example.Dataset;
import dev.belay.train.data.example.EncodedExample;
import dev.belay.train.step.EvaluationResult;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Model output for one example: a row of a batch result.
 *
 * @param tokens number of the example's own tokens; the rest of the row is padding
 */
record ExampleOutput(EncodedExample example, EvaluationResult result, int row, int tokens) {
  private static final int BATCHES_AHEAD = 4;

  /**
   * Makes one prediction for each example, in order.
   *
   * @param dataset examples to predict for
   * @param numbers in the output for one example, at most
   * @return the number of predictions
   */
  static int predict(
      PredictionRun run,
      Dataset dataset,
      long numbers,
      Function<ExampleOutput, Prediction> made,
      Consumer<Prediction> sink) {
    LengthOrder order = run.byLength(dataset, numbers);
    Consumer<Prediction> restoring = order.restoring(sink);
    each(run, order.sorted(), output -> restoring.accept(made.apply(output)));
    return dataset.size();
  }

  /** Runs the model on a data set, in its order. */
  static void each(PredictionRun run, Dataset dataset, Consumer<ExampleOutput> sink) {
    int answered = 0;
    try (Prefetcher batches = Prefetcher.start(run.batches(dataset).epoch(0), BATCHES_AHEAD)) {
      while (batches.hasNext()) {
        Batch batch = batches.next();
        EvaluationResult result = run.runner().evaluate(batch);
        for (int row = 0; row < batch.exampleCount(); row++) {
          EncodedExample example = dataset.examples().get(answered++);
          sink.accept(new ExampleOutput(example, result, row, batch.lengths().get(row)));
        }
      }
    }
  }

  /** The output for the whole example, padding included, row by row. */
  float[] all() {
    return Arrays.copyOfRange(result.logits(), row * size(), (row + 1) * size());
  }

  /** Length of the example's part of the result. */
  private int size() {
    return result.logits().length / Math.toIntExact(result.shape().get(0));
  }

  /** The answer for the example, or that for its first token, [C]. */
  float[] first() {
    return at(row * size());
  }

  /** The answer for one of its tokens, [C]. */
  float[] ofToken(int token) {
    return at(row * size() + token * result.classes());
  }

  private float[] at(int start) {
    return Arrays.copyOfRange(result.logits(), start, start + Math.min(result.classes(), size()));
  }

  /** The answers for all of its tokens, [T, C]. */
  List<List<Float>> ofTokens() {
    int all = size() / result.classes();
    List<List<Float>> rows = new ArrayList<>();
    for (int token = 0; token < (tokens == 0 ? all : Math.min(tokens, all)); token++) {
      rows.add(list(ofToken(token)));
    }
    return rows;
  }

  static List<Float> list(float[] values) {
    List<Float> list = new ArrayList<>(values.length);
    for (float value : values) {
      list.add(value);
    }
    return list;
  }
}

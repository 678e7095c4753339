package dev.belay.train.task;

import dev.belay.train.data.batch.Batch;
import dev.belay.train.data.batch.BatchSource;
import dev.belay.train.data.batch.Prefetcher;
import dev.belay.train.data.example.Dataset;
import dev.belay.train.data.example.EncodedExample;
import dev.belay.train.data.example.LabelRule;
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
   * @param rule for the labels of the files
   * @return the number of predictions
   */
  static int predict(
      PredictionRun run,
      LabelRule rule,
      Function<ExampleOutput, Prediction> made,
      Consumer<Prediction> sink) {
    Dataset dataset = run.read(rule);
    BatchSource source = run.batches(dataset);
    int answered = 0;
    try (Prefetcher batches = Prefetcher.start(source.epoch(0), BATCHES_AHEAD)) {
      while (batches.hasNext()) {
        Batch batch = batches.next();
        EvaluationResult result = run.runner().evaluate(batch);
        for (int row = 0; row < batch.exampleCount(); row++) {
          EncodedExample example = dataset.examples().get(answered++);
          sink.accept(
              made.apply(new ExampleOutput(example, result, row, batch.lengths().get(row))));
        }
      }
    }
    return dataset.size();
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

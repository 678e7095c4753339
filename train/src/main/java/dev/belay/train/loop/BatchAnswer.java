package dev.belay.train.loop;

import dev.belay.train.data.batch.Batch;
import dev.belay.train.data.batch.BatchColumn;
import dev.belay.train.data.example.LabelRule;
import dev.belay.train.metrics.BatchPredictions;
import dev.belay.train.metrics.Metrics;
import dev.belay.train.step.BatchScore;
import dev.belay.train.step.EvaluationResult;
import dev.belay.train.step.StepRunner;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.IntToDoubleFunction;
import org.tensorflow.ndarray.Shape;

/**
 * Part of a model's answer to one batch that an evaluation keeps: sums, and the logits where the
 * metrics read them.
 *
 * @param right number of correct tokens, if the metrics only count those
 * @param result empty if they do
 */
record BatchAnswer(double lossSum, double weight, double right, Optional<EvaluationResult> result) {
  private static final int SUMS = 3;

  /** Asks the model. */
  static BatchAnswer of(StepRunner runner, Metrics metrics, Batch batch) {
    if (metrics.countTokens()) {
      BatchScore score = runner.score(batch);
      return new BatchAnswer(score.lossSum(), score.weight(), score.right(), Optional.empty());
    }
    EvaluationResult result = runner.evaluate(batch);
    return new BatchAnswer(result.lossSum(), result.weight(), 0, Optional.of(result));
  }

  /**
   * The answers to some batches, in their order, of which each process asks for one. The sums are
   * float32 in TensorFlow, so nothing is lost in between.
   *
   * @param batches at most as many as there are processes
   */
  static List<BatchAnswer> ofEach(StepRunner runner, Metrics metrics, List<Batch> batches) {
    if (runner.workers().count() == 1) {
      return List.of(of(runner, metrics, batches.get(0)));
    }
    int index = runner.workers().index();
    float[] mine =
        index < batches.size() ? of(runner, metrics, batches.get(index)).numbers() : new float[0];
    return runner.workers().ofEach(mine).subList(0, batches.size()).stream()
        .map(BatchAnswer::read)
        .toList();
  }

  private float[] numbers() {
    long[] shape = result.map(answer -> answer.shape().asArray()).orElse(new long[0]);
    float[] logits = result.map(EvaluationResult::logits).orElse(new float[0]);
    FloatBuffer numbers = FloatBuffer.allocate(SUMS + 1 + shape.length + logits.length);
    numbers.put((float) lossSum).put((float) weight).put((float) right).put(shape.length);
    for (long size : shape) {
      numbers.put((float) size);
    }
    return numbers.put(logits).array();
  }

  private static BatchAnswer read(float... numbers) {
    long[] shape = new long[(int) numbers[SUMS]];
    for (int i = 0; i < shape.length; i++) {
      shape[i] = (long) numbers[SUMS + 1 + i];
    }
    float[] logits = Arrays.copyOfRange(numbers, SUMS + 1 + shape.length, numbers.length);
    Optional<EvaluationResult> result =
        shape.length == 0
            ? Optional.empty()
            : Optional.of(new EvaluationResult(logits, Shape.of(shape), numbers[0], numbers[1]));
    return new BatchAnswer(numbers[0], numbers[1], numbers[2], result);
  }

  /** Adds it to metrics. */
  void addTo(Metrics metrics, Batch batch) {
    if (result.isEmpty()) {
      metrics.addTokens(lossSum, weight, right);
    } else {
      metrics.addBatch(predictions(result.get(), batch.labels().orElseThrow()));
    }
  }

  private static BatchPredictions predictions(EvaluationResult result, BatchColumn labels) {
    IntToDoubleFunction label =
        labels instanceof BatchColumn.FloatMatrix values
            ? index -> values.values()[index]
            : index -> classOf(((BatchColumn.IntMatrix) labels).values()[index]);
    return new BatchPredictions(result.logits(), result.shape(), result.classes(), label);
  }

  private static double classOf(int label) {
    return label == LabelRule.IGNORED ? Double.NaN : label;
  }
}

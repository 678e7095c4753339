package dev.belay.train;

import dev.belay.train.answer.QuestionMetrics;
import dev.belay.train.data.batch.Batch;
import dev.belay.train.data.batch.BatchSource;
import dev.belay.train.data.batch.Column;
import dev.belay.train.data.batch.Prefetcher;
import dev.belay.train.data.example.LabelRule;
import dev.belay.train.failure.StoppedException;
import dev.belay.train.metrics.LanguageMetrics;
import dev.belay.train.metrics.Metrics;
import dev.belay.train.metrics.MultiLabelMetrics;
import dev.belay.train.step.BatchScore;
import dev.belay.train.step.EvaluationResult;
import dev.belay.train.step.StepRunner;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/** Metrics over all batches of a data set, by the model's evaluation function. */
final class Evaluator {
  private static final int BATCHES_AHEAD = 4;

  private final BatchSource source;
  private final Supplier<Metrics> newMetrics;

  /**
   * For one data set.
   *
   * @param source in the files' order
   */
  Evaluator(BatchSource source, Supplier<Metrics> newMetrics) {
    this.source = source;
    this.newMetrics = newMetrics;
  }

  /** Named numbers, {@code loss} first. */
  record Result(Map<String, Double> metrics, int examples) {}

  /** The metric that says which of two models is better. */
  String primaryMetric() {
    return newMetrics.get().primary();
  }

  /** Over all examples. */
  Result evaluate(StepRunner runner) {
    return evaluate(runner, new StopRequest());
  }

  /**
   * Over all examples, unless somebody stops it.
   *
   * @throws StoppedException between two batches, if the stop was asked for
   */
  Result evaluate(StepRunner runner, StopRequest stop) {
    Metrics metrics = newMetrics.get();
    double lossSum = 0;
    double weight = 0;
    int examples = 0;
    try (Prefetcher batches = Prefetcher.start(source.epoch(0), BATCHES_AHEAD)) {
      while (batches.hasNext()) {
        stop.check("within an evaluation");
        Batch batch = batches.next();
        examples += batch.exampleCount();
        if (metrics instanceof LanguageMetrics language) {
          // A logit for each word of a vocabulary is too much to be looked at here.
          BatchScore score = runner.score(batch);
          language.addTokens(score.lossSum(), score.weight(), score.right());
          lossSum += score.lossSum();
          weight += score.weight();
        } else {
          EvaluationResult result = runner.evaluate(batch);
          lossSum += result.lossSum();
          weight += result.weight();
          if (metrics instanceof QuestionMetrics questions) {
            questions.addWindows(result.logits(), result.shape());
          } else {
            add(metrics, result, batch.labels().orElseThrow());
          }
        }
      }
    }
    Map<String, Double> named = new LinkedHashMap<>();
    named.put("loss", weight == 0 ? Double.NaN : lossSum / weight);
    named.putAll(metrics.result());
    boolean ofQuestions = metrics instanceof QuestionMetrics;
    return new Result(named, ofQuestions ? ((QuestionMetrics) metrics).questions() : examples);
  }

  private static void add(Metrics metrics, EvaluationResult result, Column labels) {
    int width = result.classes();
    if (metrics instanceof MultiLabelMetrics sets) {
      float[] wanted = ((Column.FloatMatrix) labels).values();
      for (int at = 0; at < wanted.length; at += width) {
        sets.addSet(
            Arrays.copyOfRange(result.logits(), at, at + width),
            Arrays.copyOfRange(wanted, at, at + width));
      }
      return;
    }
    int answers = result.logits().length / width;
    int answersPerExample = Math.max(1, answers / Math.toIntExact(result.shape().get(0)));
    for (int i = 0; i < answers; i++) {
      double label =
          labels instanceof Column.FloatMatrix values
              ? values.values()[i]
              : ((Column.IntMatrix) labels).values()[i];
      if (label != LabelRule.IGNORED || labels instanceof Column.FloatMatrix) {
        metrics.add(Arrays.copyOfRange(result.logits(), i * width, (i + 1) * width), label);
      }
      if ((i + 1) % answersPerExample == 0) {
        metrics.endExample();
      }
    }
  }
}

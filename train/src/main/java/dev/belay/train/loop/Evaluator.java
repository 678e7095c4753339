package dev.belay.train.loop;

import dev.belay.train.data.batch.Batch;
import dev.belay.train.data.batch.BatchSource;
import dev.belay.train.data.batch.Prefetcher;
import dev.belay.train.event.StopRequest;
import dev.belay.train.failure.StoppedException;
import dev.belay.train.metrics.Metrics;
import dev.belay.train.step.StepRunner;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Metrics over all batches of a data set, by the model's evaluation function. Several processes
 * share the batches out, and each computes the metrics of all answers, in the order of the batches.
 */
public final class Evaluator {
  private static final int BATCHES_AHEAD = 4;

  private final BatchSource source;
  private final Supplier<Metrics> newMetrics;

  /**
   * For one data set.
   *
   * @param source in the files' order
   */
  public Evaluator(BatchSource source, Supplier<Metrics> newMetrics) {
    this.source = source;
    this.newMetrics = newMetrics;
  }

  /**
   * Named numbers, {@code loss} first.
   *
   * @param examples number of examples, or questions
   */
  public record Result(Map<String, Double> metrics, int examples) {}

  /** Receives the progress of an evaluation. */
  @FunctionalInterface
  public interface Progress {
    /** Called with the number of evaluated examples and of all examples. */
    void done(int examples, int of);
  }

  /** Over all examples. */
  public Result evaluate(StepRunner runner, Progress progress) {
    return evaluate(runner, new StopRequest(), progress);
  }

  /**
   * Evaluates all examples, unless the run is stopped.
   *
   * @param progress called before the first batch and after each batch
   * @throws StoppedException between two batches, if a stop was requested
   */
  Result evaluate(StepRunner runner, StopRequest stop, Progress progress) {
    Metrics metrics = newMetrics.get();
    int examples = source.examplesPerEpoch();
    int done = 0;
    progress.done(done, examples);
    double lossSum = 0;
    double weight = 0;
    try (Prefetcher batches = Prefetcher.start(source.epoch(0), BATCHES_AHEAD)) {
      while (batches.hasNext()) {
        stop.check("within an evaluation");
        List<Batch> round = next(batches, runner.workers().count());
        List<BatchAnswer> answers = BatchAnswer.ofEach(runner, metrics, round);
        for (int i = 0; i < round.size(); i++) {
          lossSum += answers.get(i).lossSum();
          weight += answers.get(i).weight();
          answers.get(i).addTo(metrics, round.get(i));
          done += round.get(i).exampleCount();
        }
        progress.done(done, examples);
      }
    }
    Map<String, Double> named = new LinkedHashMap<>();
    if (metrics.hasLoss()) {
      named.put(Metrics.LOSS, weight == 0 ? Double.NaN : lossSum / weight);
    }
    named.putAll(metrics.result());
    return new Result(named, source.answersPerEpoch());
  }

  /** One batch for each process, as long as there are any. */
  private static List<Batch> next(Prefetcher batches, int processes) {
    List<Batch> round = new ArrayList<>();
    while (round.size() < processes && batches.hasNext()) {
      round.add(batches.next());
    }
    return round;
  }
}

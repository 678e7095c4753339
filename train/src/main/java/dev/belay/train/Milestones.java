package dev.belay.train;

import dev.belay.train.checkpoint.Checkpoint;
import dev.belay.train.checkpoint.CheckpointFolder;
import dev.belay.train.checkpoint.CheckpointState;
import dev.belay.train.config.LoopConfig;
import dev.belay.train.data.batch.BatchPosition;
import dev.belay.train.event.RunEvent;
import dev.belay.train.failure.ModelException;
import dev.belay.train.metrics.Metrics;
import dev.belay.train.step.StepRunner;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** What happens between the steps: evaluation, checkpoints, the best weights, early stopping. */
final class Milestones {
  private final LoopConfig loop;
  private final Setting setting;

  private Map<String, Double> lastMetrics = Map.of();
  private Map<String, Double> bestMetrics = Map.of();
  private long bestStep;
  private int evaluationsWithoutBetter;

  Milestones(LoopConfig loop, Setting setting) {
    this.loop = loop;
    this.setting = setting;
  }

  /**
   * What milestones work with.
   *
   * @param evaluator empty without validation data
   * @param updatesPerEpoch evaluation follows each epoch where no interval is given
   */
  record Setting(
      StepRunner runner,
      Optional<Evaluator> evaluator,
      CheckpointFolder checkpoints,
      int updatesPerEpoch,
      long seed,
      Consumer<RunEvent> events) {}

  /** Evaluates before the first step, so that the run can say what it changed. */
  Map<String, Double> before() {
    return setting.evaluator().isPresent() ? evaluate(0) : Map.of();
  }

  /**
   * Does what is due after a step.
   *
   * @param next the batch that comes next
   */
  void after(long step, BatchPosition next, boolean last) throws IOException {
    boolean evaluated = setting.evaluator().isPresent() && isEvaluationDue(step, last);
    boolean better = evaluated && isBetter(step, evaluate(step));
    boolean stopping = stopEarly();
    boolean keepsBest = better && loop.loadBestModelAtEnd();
    if (keepsBest || last || stopping || isDue(step, loop.saveSteps().orElse(0))) {
      save(step, next);
    }
  }

  /** Whether the validation metric has not improved for as long as the user would wait. */
  boolean stopEarly() {
    return loop.earlyStoppingPatience().isPresent()
        && evaluationsWithoutBetter >= loop.earlyStoppingPatience().getAsInt();
  }

  /** Goes back to the best weights, where the user wants them; returns the metrics they have. */
  Map<String, Double> finish() throws IOException {
    if (!loop.loadBestModelAtEnd() || bestStep == 0) {
      return lastMetrics;
    }
    Checkpoint best = setting.checkpoints().open(bestStep);
    setting.runner().restore(best.model());
    return bestMetrics;
  }

  /** The step whose weights are the run's result. */
  long resultStep(long lastStep) {
    return loop.loadBestModelAtEnd() && bestStep > 0 ? bestStep : lastStep;
  }

  private boolean isEvaluationDue(long step, boolean last) {
    return last || isDue(step, loop.evalSteps().orElse(setting.updatesPerEpoch()));
  }

  private static boolean isDue(long step, long interval) {
    return interval > 0 && step % interval == 0;
  }

  private Map<String, Double> evaluate(long step) {
    long begin = System.nanoTime();
    Evaluator.Result result = setting.evaluator().orElseThrow().evaluate(setting.runner());
    lastMetrics = result.metrics();
    double seconds = (System.nanoTime() - begin) / 1e9;
    setting.events().accept(new RunEvent.Evaluated(step, lastMetrics, result.examples(), seconds));
    return lastMetrics;
  }

  private boolean isBetter(long step, Map<String, Double> metrics) {
    String name =
        loop.metricForBestModel().orElse(setting.evaluator().orElseThrow().primaryMetric());
    if (!metrics.containsKey(name)) {
      throw new ModelException(
          "--metric-for-best-model: there is no metric '"
              + name
              + "'; this task has "
              + metrics.keySet());
    }
    double value = metrics.get(name);
    double best = bestMetrics.getOrDefault(name, Double.NaN);
    boolean better =
        bestMetrics.isEmpty() || (Metrics.largerIsBetter(name) ? value > best : value < best);
    if (better) {
      bestStep = step;
      bestMetrics = metrics;
      evaluationsWithoutBetter = 0;
    } else {
      evaluationsWithoutBetter++;
    }
    return better;
  }

  private void save(long step, BatchPosition next) throws IOException {
    long begin = System.nanoTime();
    CheckpointState state =
        new CheckpointState(step, next.epoch(), next.batch(), setting.seed(), lastMetrics);
    StepRunner runner = setting.runner();
    long keep = loop.loadBestModelAtEnd() ? bestStep : 0;
    var directory =
        setting.checkpoints().save(runner.modelValues(), runner.optimizerValues(), state, keep);
    double seconds = (System.nanoTime() - begin) / 1e9;
    setting.events().accept(new RunEvent.Saved(step, directory, seconds));
  }
}

package dev.belay.train;

import com.fasterxml.jackson.databind.JsonNode;
import dev.belay.train.checkpoint.Checkpoint;
import dev.belay.train.checkpoint.CheckpointFolder;
import dev.belay.train.checkpoint.CheckpointState;
import dev.belay.train.checkpoint.Resumable;
import dev.belay.train.config.LoopConfig;
import dev.belay.train.data.batch.BatchPosition;
import dev.belay.train.event.RunEvent;
import dev.belay.train.failure.ModelException;
import dev.belay.train.failure.StoppedException;
import dev.belay.train.metrics.Metrics;
import dev.belay.train.step.StepRunner;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * What happens between the steps: evaluation, checkpoints, the best weights, early stopping, and
 * the stop that somebody asks for.
 */
final class Milestones implements Resumable<Milestones.State> {
  private static final String SECTION = "milestones";

  private final LoopConfig loop;
  private final Setting setting;

  private Map<String, Double> startMetrics = Map.of();
  private Map<String, Double> lastMetrics = Map.of();
  private Map<String, Double> bestMetrics = Map.of();
  private long bestStep;
  private int evaluationsWithoutBetter;
  private boolean evaluationOpen;

  Milestones(LoopConfig loop, Setting setting) {
    this.loop = loop;
    this.setting = setting;
  }

  /**
   * What milestones work with.
   *
   * @param evaluator empty without validation data
   * @param checkpoints where the best one is found again
   * @param updatesPerEpoch evaluation follows each epoch where no interval is given
   */
  record Setting(
      StepRunner runner,
      Optional<Evaluator> evaluator,
      CheckpointFolder checkpoints,
      RunSaver saver,
      int updatesPerEpoch,
      StopRequest stop,
      Consumer<RunEvent> events) {}

  /**
   * What a checkpoint keeps of them.
   *
   * @param bestIsKept whether the checkpoint of the best step stays until the end
   * @param evaluationOpen whether the run was stopped within the evaluation of this step
   */
  record State(
      Map<String, Double> startMetrics,
      Map<String, Double> lastMetrics,
      Map<String, Double> bestMetrics,
      long bestStep,
      boolean bestIsKept,
      int evaluationsWithoutBetter,
      boolean evaluationOpen) {}

  @Override
  public String section() {
    return SECTION;
  }

  /** The best step of a run whose weights were kept for its end; 0 if there is none. */
  static long bestKept(CheckpointState state) {
    JsonNode section = state.sections().get(SECTION);
    return section == null || !section.path("bestIsKept").asBoolean()
        ? 0
        : section.path("bestStep").asLong();
  }

  @Override
  public Class<State> type() {
    return State.class;
  }

  @Override
  public State state() {
    return new State(
        startMetrics,
        lastMetrics,
        bestMetrics,
        bestStep,
        loop.loadBestModelAtEnd(),
        evaluationsWithoutBetter,
        evaluationOpen);
  }

  @Override
  public void resume(State state) {
    startMetrics = state.startMetrics();
    lastMetrics = state.lastMetrics();
    bestMetrics = state.bestMetrics();
    bestStep = state.bestStep();
    evaluationsWithoutBetter = state.evaluationsWithoutBetter();
    evaluationOpen = state.evaluationOpen();
  }

  /** Forgets a best step whose weights are gone; returns what to tell. */
  Optional<String> forgetLostBest() {
    if (!loop.loadBestModelAtEnd()
        || bestStep == 0
        || Files.isDirectory(setting.checkpoints().of(bestStep))) {
      return Optional.empty();
    }
    String lost =
        "the best step so far was "
            + bestStep
            + ", but its checkpoint is not here: the best of the coming steps is looked for";
    bestStep = 0;
    bestMetrics = Map.of();
    evaluationsWithoutBetter = 0;
    return Optional.of(lost);
  }

  /** Evaluates before the first step, so that the run can say what it changed. */
  void before() {
    if (setting.evaluator().isPresent()) {
      startMetrics = evaluate(0);
    }
  }

  /** Metrics before the first step; empty without validation data. */
  Map<String, Double> startMetrics() {
    return startMetrics;
  }

  /** Ends the evaluation in which the run was stopped, if it was, as if it had not been. */
  void goOn(long step, BatchPosition next, boolean last) {
    if (evaluationOpen) {
      after(step, next, last);
    }
  }

  /**
   * Does what is due after a step.
   *
   * @param next the batch that comes next
   * @throws StoppedException if somebody asked for it; a checkpoint of this step is written
   */
  void after(long step, BatchPosition next, boolean last) {
    setting.saver().poll();
    boolean better = evaluationIsDue(step, last) && isBetter(step, evaluateOrSave(step, next));
    boolean keepsBest = better && loop.loadBestModelAtEnd();
    boolean stopped = setting.stop().isMade() && !last;
    boolean due = keepsBest || last || stopEarly() || isDue(step, loop.saveSteps().orElse(0));
    if (due || stopped) {
      save(step, next, !due);
    }
    if (stopped) {
      throw stopped(step);
    }
  }

  /** An evaluation is a long time to wait for: one that is stopped is done again. */
  private Map<String, Double> evaluateOrSave(long step, BatchPosition next) {
    try {
      evaluationOpen = true;
      Map<String, Double> metrics = evaluate(step);
      evaluationOpen = false;
      return metrics;
    } catch (StoppedException e) {
      save(step, next, true);
      throw stopped(step);
    }
  }

  private StoppedException stopped(long step) {
    setting.saver().await();
    return setting.stop().stopped("after step " + step + ", whose checkpoint is written");
  }

  /** Whether the validation metric has not improved for as long as the user would wait. */
  boolean stopEarly() {
    return loop.earlyStoppingPatience().isPresent()
        && evaluationsWithoutBetter >= loop.earlyStoppingPatience().getAsInt();
  }

  /** Goes back to the best weights, where the user wants them; returns the metrics they have. */
  Map<String, Double> finish() throws IOException {
    setting.saver().await();
    // A run that was killed between its last checkpoint and what it removes saves nothing any more.
    setting.checkpoints().trim(keep());
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

  private boolean evaluationIsDue(long step, boolean last) {
    return setting.evaluator().isPresent()
        && (last || isDue(step, loop.evalSteps().orElse(setting.updatesPerEpoch())));
  }

  private static boolean isDue(long step, long interval) {
    return interval > 0 && step % interval == 0;
  }

  private Map<String, Double> evaluate(long step) {
    long begin = System.nanoTime();
    Evaluator.Result result =
        setting.evaluator().orElseThrow().evaluate(setting.runner(), setting.stop());
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

  private void save(long step, BatchPosition next, boolean interim) {
    setting.saver().save(step, next, interim, lastMetrics, keep());
  }

  private long keep() {
    return loop.loadBestModelAtEnd() ? bestStep : 0;
  }
}

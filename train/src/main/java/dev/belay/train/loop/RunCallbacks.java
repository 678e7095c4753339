package dev.belay.train.loop;

import com.fasterxml.jackson.databind.JsonNode;
import dev.belay.train.checkpoint.Checkpoint;
import dev.belay.train.checkpoint.CheckpointFolder;
import dev.belay.train.checkpoint.CheckpointState;
import dev.belay.train.checkpoint.Resumable;
import dev.belay.train.config.LoopConfig;
import dev.belay.train.event.RunEvent;
import dev.belay.train.event.StopRequest;
import dev.belay.train.failure.StoppedException;
import dev.belay.train.failure.WorkerLostException;
import dev.belay.train.metrics.Metrics;
import dev.belay.train.step.StepRunner;
import java.io.IOException;
import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Evaluates a run, writes its checkpoints, keeps its best weights, and ends it early where its
 * metric does not improve or a stop is requested.
 */
public final class RunCallbacks implements TrainingCallbacks, Resumable<RunCallbacks.State> {
  private static final String SECTION = "milestones";

  private final LoopConfig loop;
  private final CallbackContext context;

  private Map<String, Double> startMetrics = Map.of();
  private Map<String, Double> lastMetrics = Map.of();
  private Map<String, Double> bestMetrics = Map.of();
  private long bestStep;
  private int evaluationsWithoutBetter;
  private boolean evaluationOpen;

  /** The newest step whose checkpoint was begun; 0 before the first. */
  private long savedStep;

  /** The newest step that was made here. */
  private Optional<CompletedStep> newest = Optional.empty();

  public RunCallbacks(LoopConfig loop, CallbackContext context) {
    this.loop = loop;
    this.context = context;
  }

  /**
   * The parts of a run that they use.
   *
   * @param evaluator empty without validation data
   * @param decidingMetric the metric that says which of two models is better
   * @param checkpoints folder in which the best checkpoint is found
   * @param updatesPerEpoch evaluation follows each epoch where no interval is given
   */
  public record CallbackContext(
      StepRunner runner,
      Optional<Evaluator> evaluator,
      String decidingMetric,
      CheckpointFolder checkpoints,
      CheckpointSaver saver,
      int updatesPerEpoch,
      StopRequest stop,
      Consumer<RunEvent> events) {}

  /**
   * State of the callbacks in a checkpoint.
   *
   * @param bestIsKept whether the checkpoint of the best step is kept until the end
   * @param evaluationOpen whether the run was stopped during the evaluation of this step
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
  public static long bestKept(CheckpointState state) {
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
  public Optional<String> forgetLostBest() {
    if (!loop.loadBestModelAtEnd()
        || bestStep == 0
        || Files.isDirectory(context.checkpoints().of(bestStep))) {
      return Optional.empty();
    }
    String lost =
        "the best step so far was "
            + bestStep
            + ", but its checkpoint is missing: the best of the following steps will be used";
    bestStep = 0;
    bestMetrics = Map.of();
    evaluationsWithoutBetter = 0;
    return Optional.of(lost);
  }

  /** Evaluates before the first step, so that the run can say what it changed. */
  public void before() {
    if (context.evaluator().isPresent()) {
      startMetrics = evaluate(0);
    }
  }

  /** Metrics of the last evaluation; empty without validation data. */
  public Map<String, Double> lastMetrics() {
    return lastMetrics;
  }

  /** Metrics before the first step; empty without validation data. */
  public Map<String, Double> startMetrics() {
    return startMetrics;
  }

  /** Evaluates again after a step in whose evaluation the run was stopped, if it was. */
  public void repeatOpenEvaluation(Trainer trainer, CompletedStep completed) {
    if (evaluationOpen) {
      trainer.betweenSteps(completed);
    }
  }

  @Override
  public boolean evaluate(CompletedStep completed) {
    newest = Optional.of(completed);
    context.saver().poll();
    return evaluationIsDue(completed) && isBetter(completed.step(), evaluateOrSave(completed));
  }

  @Override
  public void save(CompletedStep completed, boolean better) {
    boolean keepsBest = better && loop.loadBestModelAtEnd();
    if (keepsBest
        || completed.last()
        || stopsEarly()
        || isDue(completed, loop.saveSteps().orElse(0))
        || isDue(completed, loop.saveEpochs() ? context.updatesPerEpoch() : 0)) {
      writeCheckpoint(completed, false);
    }
  }

  @Override
  public void stopIfRequested(CompletedStep completed) {
    if (!context.stop().isMade() || completed.last()) {
      return;
    }
    if (savedStep != completed.step()) {
      writeCheckpoint(completed, true);
    }
    throw stopped(completed.step());
  }

  /**
   * Saves the newest step after another worker was lost, if this process writes checkpoints.
   *
   * @throws WorkerLostException if the variables are no longer those of that step
   */
  public void saveNewest() {
    if (newest.isPresent() && savedStep != newest.get().step()) {
      writeCheckpoint(newest.get(), true);
    }
    context.saver().await();
  }

  /** An evaluation is a long time to wait for: one that is stopped is done again. */
  private Map<String, Double> evaluateOrSave(CompletedStep completed) {
    try {
      evaluationOpen = true;
      Map<String, Double> metrics = evaluate(completed.step());
      evaluationOpen = false;
      return metrics;
    } catch (StoppedException e) {
      writeCheckpoint(completed, true);
      throw stopped(completed.step());
    }
  }

  private StoppedException stopped(long step) {
    context.saver().await();
    return context.stop().stopped("after step " + step + ", whose checkpoint is written");
  }

  /** Whether the validation metric has not improved for as long as the user would wait. */
  @Override
  public boolean stopsEarly() {
    return loop.earlyStoppingPatience().isPresent()
        && evaluationsWithoutBetter >= loop.earlyStoppingPatience().getAsInt();
  }

  /** Goes back to the best weights, where the user wants them; returns the metrics they have. */
  public Map<String, Double> finish() throws IOException {
    context.saver().await();
    // A run that was killed between its last checkpoint and what it removes saves nothing any more.
    context.checkpoints().trim(keep());
    if (!loop.loadBestModelAtEnd() || bestStep == 0) {
      return lastMetrics;
    }
    Checkpoint best = context.checkpoints().open(bestStep);
    context.runner().restore(best.model());
    return bestMetrics;
  }

  /** The step whose weights are the run's result. */
  public long resultStep(long lastStep) {
    return loop.loadBestModelAtEnd() && bestStep > 0 ? bestStep : lastStep;
  }

  private boolean evaluationIsDue(CompletedStep completed) {
    return context.evaluator().isPresent()
        && (completed.last()
            || isDue(completed, loop.evalSteps().orElse(context.updatesPerEpoch())));
  }

  private static boolean isDue(CompletedStep completed, long interval) {
    return interval > 0 && completed.step() % interval == 0;
  }

  private Map<String, Double> evaluate(long step) {
    long begin = System.nanoTime();
    Evaluator.Result result =
        context
            .evaluator()
            .orElseThrow()
            .evaluate(
                context.runner(),
                context.stop(),
                (done, of) -> context.events().accept(new RunEvent.Evaluating(step, done, of)));
    lastMetrics = ofChief(result.metrics());
    double seconds = (System.nanoTime() - begin) / 1e9;
    context.events().accept(new RunEvent.Evaluated(step, lastMetrics, result.examples(), seconds));
    return lastMetrics;
  }

  /** What follows must be the same in each worker, to the last digit, whatever its processor. */
  private Map<String, Double> ofChief(Map<String, Double> metrics) {
    double[] numbers = metrics.values().stream().mapToDouble(Double::doubleValue).toArray();
    double[] chiefs = context.runner().workers().ofChief(numbers);
    Map<String, Double> named = new LinkedHashMap<>();
    int index = 0;
    for (String name : metrics.keySet()) {
      named.put(name, chiefs[index++]);
    }
    return named;
  }

  private boolean isBetter(long step, Map<String, Double> metrics) {
    String name = context.decidingMetric();
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

  /**
   * @param interim whether the next checkpoint replaces it
   */
  private void writeCheckpoint(CompletedStep completed, boolean interim) {
    context.saver().save(completed.step(), completed.next(), interim, lastMetrics, keep());
    savedStep = completed.step();
  }

  private long keep() {
    return loop.loadBestModelAtEnd() ? bestStep : 0;
  }
}

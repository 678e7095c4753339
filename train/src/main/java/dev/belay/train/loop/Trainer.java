package dev.belay.train.loop;

import dev.belay.train.checkpoint.Resumable;
import dev.belay.train.data.batch.UpdateBatch;
import dev.belay.train.data.batch.UpdateBatches;
import dev.belay.train.event.RunEvent;
import dev.belay.train.event.WorkerTime;
import dev.belay.train.stability.StepPolicy;
import dev.belay.train.step.StepResult;
import dev.belay.train.step.StepRunner;
import java.io.IOException;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongToDoubleFunction;

/**
 * The loop: schedule, batch, step, report, evaluate, checkpoint, stop. It knows nothing about
 * transformers, files or terminals: it receives the step runner, the batches and the listeners.
 */
public final class Trainer implements Resumable<Trainer.State> {
  private final StepRunner runner;
  private final UpdateBatches batches;
  private final int updatesPerEpoch;
  private final LongToDoubleFunction learningRate;
  private final StepPolicy policy;
  private final TrainingCallbacks callbacks;
  private final Measuring measuring;
  private final Consumer<RunEvent> events;

  /** Number of clipped steps. */
  private long clippedSteps;

  public Trainer(LoopComponents parts) {
    this.runner = parts.runner();
    this.batches = parts.batches();
    this.updatesPerEpoch = parts.updatesPerEpoch();
    this.learningRate = parts.learningRate();
    this.policy = parts.policy();
    this.callbacks = parts.callbacks();
    this.measuring = parts.measuring();
    this.events = parts.events();
  }

  /**
   * Components of a training loop.
   *
   * @param learningRate of step t, from 1
   * @param policy for a step that is not usable
   * @param callbacks between the steps
   */
  public record LoopComponents(
      StepRunner runner,
      UpdateBatches batches,
      int updatesPerEpoch,
      LongToDoubleFunction learningRate,
      StepPolicy policy,
      TrainingCallbacks callbacks,
      Measuring measuring,
      Consumer<RunEvent> events) {}

  /**
   * Steps in which more is measured than the update itself.
   *
   * @param normSteps interval at which the norms of every variable are measured; 0: never
   * @param timeSteps interval at which several workers compare their times; 0: never
   */
  public record Measuring(int normSteps, int timeSteps) {
    /** Never. */
    public static final Measuring NONE = new Measuring(0, 0);

    boolean norms(long step) {
      return normSteps > 0 && step % normSteps == 0;
    }

    boolean times(long step) {
      return timeSteps > 0 && step % timeSteps == 0;
    }
  }

  /**
   * Trains.
   *
   * @param done updates that were made before
   * @return the number of updates made in all, fewer than requested if it stopped early
   */
  public long train(long done, long totalSteps) throws IOException {
    long step = done;
    while (step < totalSteps && !callbacks.stopsEarly()) {
      step++;
      long begin = System.nanoTime();
      UpdateBatch batch = batches.next();
      double rate = learningRate.applyAsDouble(step);
      StepResult result = make(step, batch, rate);
      double millis = (System.nanoTime() - begin) / 1e6;
      events.accept(report(step, batch, rate, result, millis));
      if (!result.variableNorms().isEmpty()) {
        events.accept(new RunEvent.NormsMeasured(step, result.variableNorms()));
      }
      policy.settle(new StepPolicy.Attempt(step, batch, rate, result));
      betweenSteps(new TrainingCallbacks.CompletedStep(step, batch.next(), step == totalSteps));
      if (measuring.times(step) && runner.workers().count() > 1) {
        events.accept(new RunEvent.WorkersMeasured(step, workerTimes(result)));
      }
    }
    return step;
  }

  /** Evaluates, saves and stops after a step, where each is due. */
  void betweenSteps(TrainingCallbacks.CompletedStep completed) {
    boolean better = callbacks.evaluate(completed);
    callbacks.save(completed, better);
    callbacks.stopIfRequested(completed);
  }

  private StepResult make(long step, UpdateBatch batch, double rate) {
    return measuring.norms(step)
        ? runner.trainMeasuring(batch, rate, step, policy.normLimit())
        : runner.train(batch, rate, step, policy.normLimit());
  }

  private List<WorkerTime> workerTimes(StepResult result) {
    return runner
        .workers()
        .ofEach(
            (float) (batches.waitNanos() / 1e6),
            (float) result.time().computeMillis(),
            (float) result.time().waitMillis())
        .stream()
        .map(times -> new WorkerTime(times[0], times[1], times[2]))
        .toList();
  }

  /** State of the loop in a checkpoint, besides the step. */
  record State(long clippedSteps) {}

  @Override
  public String section() {
    return "loop";
  }

  @Override
  public Class<State> type() {
    return State.class;
  }

  @Override
  public State state() {
    return new State(clippedSteps);
  }

  @Override
  public void resume(State state) {
    clippedSteps = state.clippedSteps();
  }

  /** The share of steps whose gradients were clipped. */
  public double clippedFraction(long steps) {
    return steps == 0 ? 0 : (double) clippedSteps / steps;
  }

  private RunEvent.Trained report(
      long step, UpdateBatch batch, double rate, StepResult result, double millis) {
    clippedSteps += result.clipped() && result.applied() ? 1 : 0;
    return new RunEvent.Trained(
        step,
        (double) step / updatesPerEpoch,
        result.loss(),
        result.gradNorm(),
        result.gradNormClipped(),
        result.clipScale(),
        result.clipped(),
        clippedFraction(step),
        rate,
        batch.exampleCount(),
        Math.toIntExact(batch.tokenCount()),
        millis,
        batches.waitNanos() / 1e6,
        result.millis());
  }
}

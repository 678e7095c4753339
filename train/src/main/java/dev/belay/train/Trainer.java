package dev.belay.train;

import dev.belay.train.checkpoint.Resumable;
import dev.belay.train.data.batch.Batch;
import dev.belay.train.data.batch.Prefetcher;
import dev.belay.train.event.RunEvent;
import dev.belay.train.failure.DivergedException;
import dev.belay.train.step.StepResult;
import dev.belay.train.step.StepRunner;
import java.util.function.Consumer;
import java.util.function.LongToDoubleFunction;

/**
 * The loop: schedule, batch, step, report, evaluate, checkpoint, stop. It knows nothing about
 * transformers, files or terminals: it is handed the steps, the batches and those who listen.
 */
final class Trainer implements Resumable<Trainer.State> {
  private final StepRunner runner;
  private final Prefetcher batches;
  private final int batchesPerEpoch;
  private final LongToDoubleFunction learningRate;
  private final Milestones milestones;
  private final int layerNormSteps;
  private final Consumer<RunEvent> events;

  /** How often gradients were clipped. */
  private long clippedSteps;

  Trainer(Parts parts) {
    this.runner = parts.runner();
    this.batches = parts.batches();
    this.batchesPerEpoch = parts.batchesPerEpoch();
    this.learningRate = parts.learningRate();
    this.milestones = parts.milestones();
    this.layerNormSteps = parts.layerNormSteps();
    this.events = parts.events();
  }

  /**
   * What a loop is made of.
   *
   * @param learningRate of step t, from 1
   * @param milestones what happens between the steps
   * @param layerNormSteps every so many steps say what each does to every variable; 0: never
   */
  record Parts(
      StepRunner runner,
      Prefetcher batches,
      int batchesPerEpoch,
      LongToDoubleFunction learningRate,
      Milestones milestones,
      int layerNormSteps,
      Consumer<RunEvent> events) {}

  /**
   * Trains.
   *
   * @param done updates that were made before
   * @return the number of updates made in all, fewer than asked for where it stopped early
   */
  long train(long done, long totalSteps) {
    long step = done;
    while (step < totalSteps && !milestones.stopEarly()) {
      step++;
      long begin = System.nanoTime();
      Batch batch = batches.next();
      double rate = learningRate.applyAsDouble(step);
      StepResult result = make(step, batch, rate);
      double millis = (System.nanoTime() - begin) / 1e6;
      events.accept(report(step, batch, rate, result, millis));
      if (!result.variableNorms().isEmpty()) {
        events.accept(new RunEvent.NormsMeasured(step, result.variableNorms()));
      }
      if (!result.isFinite()) {
        throw new DivergedException(divergence(step, result));
      }
      milestones.after(step, batch.next(), step == totalSteps);
    }
    return step;
  }

  private StepResult make(long step, Batch batch, double rate) {
    return layerNormSteps > 0 && step % layerNormSteps == 0
        ? runner.trainMeasuring(batch, rate, step)
        : runner.train(batch, rate, step);
  }

  /** What a checkpoint keeps of the loop, beside the step. */
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
  double clippedFraction(long steps) {
    return steps == 0 ? 0 : (double) clippedSteps / steps;
  }

  private RunEvent.Trained report(
      long step, Batch batch, double rate, StepResult result, double millis) {
    boolean clipped = result.clipScale() < 1 && result.gradNormClipped() < result.gradNorm();
    clippedSteps += clipped ? 1 : 0;
    return new RunEvent.Trained(
        step,
        (double) step / batchesPerEpoch,
        result.loss(),
        result.gradNorm(),
        result.gradNormClipped(),
        result.clipScale(),
        clipped,
        rate,
        batch.exampleCount(),
        Math.toIntExact(batch.tokenCount()),
        millis,
        batches.waitNanos() / 1e6,
        result.millis());
  }

  private static String divergence(long step, StepResult result) {
    return "step "
        + step
        + ": the loss is "
        + result.loss()
        + " and the gradient norm "
        + result.gradNorm()
        + ", so training stopped and this step's weights are not kept. Lower --learning-rate, add"
        + " --warmup-ratio 0.1, or lower --max-grad-norm; metrics.jsonl shows the steps before.";
  }
}

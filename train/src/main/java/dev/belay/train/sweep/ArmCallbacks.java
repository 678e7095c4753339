package dev.belay.train.sweep;

import dev.belay.train.event.RunEvent;
import dev.belay.train.loop.Evaluator;
import dev.belay.train.loop.TrainingCallbacks;
import dev.belay.train.norm.NormSummary;
import dev.belay.train.stability.StepPolicy;
import dev.belay.train.step.StepResult;
import dev.belay.train.step.StepRunner;
import dev.belay.train.sweep.ArmResult.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Evaluates one arm of a sweep at an interval, and ends it where it diverges or falls behind. An
 * arm writes no checkpoint.
 */
public final class ArmCallbacks implements TrainingCallbacks, StepPolicy {
  private final StepRunner runner;
  private final Evaluator evaluator;
  private final Limits limits;
  private final Consumer<RunEvent> events;
  private final NormSummary norms = new NormSummary();
  private final List<ArmResult.Evaluation> evaluations = new ArrayList<>();
  private Outcome outcome = Outcome.DONE;
  private String reason = "";
  private int overflows;

  public ArmCallbacks(
      StepRunner runner, Evaluator evaluator, Limits limits, Consumer<RunEvent> events) {
    this.runner = runner;
    this.evaluator = evaluator;
    this.limits = limits;
    this.events = events;
  }

  /**
   * Limits of an arm.
   *
   * @param interval between evaluations
   * @param maxSkippedSteps maximum number of updates in a row skipped for an overflow of fp16
   * @param judge returns after an evaluation the reason to end the arm, if there is one
   */
  public record Limits(long interval, int maxSkippedSteps, Judge judge) {}

  /** Judges metrics after a step. */
  public interface Judge {
    Optional<String> verdict(long step, Map<String, Double> metrics);
  }

  /** Logs the metrics before the first step. */
  public void start(RunEvent.Evaluated start) {
    log(start);
  }

  @Override
  public double normLimit() {
    return Double.POSITIVE_INFINITY;
  }

  @Override
  public void settle(Attempt attempt) {
    StepResult result = attempt.result();
    norms.add(result.gradNorm(), result.clipped() && result.applied());
    overflows = result.overflowed() ? overflows + 1 : 0;
    boolean failed = !result.applied() && !result.overflowed();
    if (failed || overflows > limits.maxSkippedSteps()) {
      outcome = Outcome.DIVERGED;
      reason =
          "diverged at step "
              + attempt.step()
              + ": loss "
              + result.loss()
              + ", norm "
              + result.gradNorm();
    }
  }

  @Override
  public boolean evaluate(CompletedStep completed) {
    boolean due = completed.step() % limits.interval() == 0 || completed.last();
    if (!due || outcome != Outcome.DONE) {
      return false;
    }
    RunEvent.Evaluated evaluated = evaluated(evaluator, runner, completed.step(), events);
    log(evaluated);
    limits.judge().verdict(completed.step(), evaluated.metrics()).ifPresent(this::stop);
    return false;
  }

  @Override
  public void save(CompletedStep completed, boolean better) {
    // The result of an arm is its metrics.
  }

  @Override
  public void stopIfRequested(CompletedStep completed) {
    // A resumed sweep trains the arm again.
  }

  @Override
  public boolean stopsEarly() {
    return outcome != Outcome.DONE;
  }

  /** The result of the arm; logs its end. */
  public ArmResult end(Arm arm, long seed, long steps, double seconds) {
    Map<String, Double> last = evaluations.get(evaluations.size() - 1).metrics();
    events.accept(
        new RunEvent.Done(steps, seconds, norms.clippedFraction(), norms.percentiles(), last));
    return new ArmResult(
        arm,
        seed,
        outcome,
        steps,
        reason,
        evaluations,
        norms.clippedFraction(),
        norms.percentiles(),
        seconds);
  }

  private void log(RunEvent.Evaluated evaluated) {
    events.accept(evaluated);
    evaluations.add(new ArmResult.Evaluation(evaluated.step(), evaluated.metrics()));
  }

  private void stop(String why) {
    outcome = Outcome.STOPPED;
    reason = why;
  }

  /** Asks the model about the validation data, and tells how far that is. */
  public static RunEvent.Evaluated evaluated(
      Evaluator evaluator, StepRunner runner, long step, Consumer<RunEvent> events) {
    long begin = System.nanoTime();
    Evaluator.Result result =
        evaluator.evaluate(
            runner, (done, of) -> events.accept(new RunEvent.Evaluating(step, done, of)));
    double seconds = (System.nanoTime() - begin) / 1e9;
    return new RunEvent.Evaluated(step, result.metrics(), result.examples(), seconds);
  }
}

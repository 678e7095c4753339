package dev.belay.train;

import dev.belay.graph.optimizer.Schedule;
import dev.belay.train.config.UpdateConfig;
import dev.belay.train.data.batch.BatchPosition;
import dev.belay.train.data.batch.BatchSource;
import dev.belay.train.data.batch.Prefetcher;
import dev.belay.train.data.batch.UpdateBatch;
import dev.belay.train.data.batch.UpdateBatches;
import dev.belay.train.event.RunEvent;
import dev.belay.train.norm.NormSummary;
import dev.belay.train.step.StepResult;
import dev.belay.train.step.StepRunner;
import dev.belay.train.sweep.Arm;
import dev.belay.train.sweep.ArmResult;
import dev.belay.train.sweep.ArmResult.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** Trains one arm of a sweep with one seed: the steps that a run of the same options would make. */
final class ArmTrainer {
  private static final int BATCHES_AHEAD = 4;

  private final Setting setting;
  private final NormSummary norms = new NormSummary();
  private final List<ArmResult.Evaluation> evaluations = new ArrayList<>();

  ArmTrainer(Setting setting) {
    this.setting = setting;
  }

  /**
   * What an arm is trained with.
   *
   * @param runner whose weights and slots have their first values
   * @param update how many batches make one
   * @param maxSkippedSteps so many updates in a row may be left out for an overflow of fp16
   * @param interval between evaluations
   * @param judge says after an evaluation why the arm should be stopped, if it should
   */
  record Setting(
      StepRunner runner,
      BatchSource source,
      UpdateConfig update,
      int maxSkippedSteps,
      Evaluator evaluator,
      Schedule schedule,
      long totalSteps,
      long interval,
      Judge judge,
      Consumer<RunEvent> events) {}

  /** Judges metrics after a step. */
  interface Judge {
    Optional<String> verdict(long step, Map<String, Double> metrics);
  }

  /** Trains until the end, or until there is a reason to stop. */
  ArmResult train(Arm arm, long seed, RunEvent.Evaluated start) {
    long begin = System.nanoTime();
    setting.events().accept(start);
    evaluations.add(new ArmResult.Evaluation(0, start.metrics()));
    long step = 0;
    int overflows = 0;
    Outcome outcome = Outcome.DONE;
    String reason = "";
    try (Prefetcher batches =
        Prefetcher.start(setting.source().from(BatchPosition.START), BATCHES_AHEAD)) {
      UpdateBatches updates =
          new UpdateBatches(batches, setting.update().gradientAccumulationSteps());
      while (step < setting.totalSteps() && outcome == Outcome.DONE) {
        step++;
        StepResult result = step(step, updates);
        overflows = result.overflowed() ? overflows + 1 : 0;
        Optional<String> verdict = Optional.empty();
        if (overflows > setting.maxSkippedSteps() || (!result.applied() && !result.overflowed())) {
          outcome = Outcome.DIVERGED;
          reason =
              "diverged at step "
                  + step
                  + ": loss "
                  + result.loss()
                  + ", norm "
                  + result.gradNorm();
        } else if (step % setting.interval() == 0 || step == setting.totalSteps()) {
          verdict = setting.judge().verdict(step, evaluate(step).metrics());
        }
        if (verdict.isPresent()) {
          outcome = Outcome.STOPPED;
          reason = verdict.get();
        }
      }
    }
    double seconds = (System.nanoTime() - begin) / 1e9;
    Map<String, Double> last = evaluations.get(evaluations.size() - 1).metrics();
    setting
        .events()
        .accept(
            new RunEvent.Done(step, seconds, norms.clippedFraction(), norms.percentiles(), last));
    return new ArmResult(
        arm,
        seed,
        outcome,
        step,
        reason,
        evaluations,
        norms.clippedFraction(),
        norms.percentiles(),
        seconds);
  }

  private StepResult step(long step, UpdateBatches batches) {
    long begin = System.nanoTime();
    UpdateBatch batch = batches.next();
    double rate = setting.schedule().at(step);
    StepResult result = setting.runner().train(batch, rate, step, Double.POSITIVE_INFINITY);
    double millis = (System.nanoTime() - begin) / 1e6;
    norms.add(result.gradNorm(), result.clipped() && result.applied());
    setting
        .events()
        .accept(
            new RunEvent.Trained(
                step,
                (double) step / setting.update().updates(setting.source().batchesPerEpoch()),
                result.loss(),
                result.gradNorm(),
                result.gradNormClipped(),
                result.clipScale(),
                result.clipped(),
                rate,
                batch.exampleCount(),
                Math.toIntExact(batch.tokenCount()),
                millis,
                batches.waitNanos() / 1e6,
                result.millis()));
    return result;
  }

  private RunEvent.Evaluated evaluate(long step) {
    RunEvent.Evaluated evaluated = evaluated(setting.evaluator(), setting.runner(), step);
    setting.events().accept(evaluated);
    evaluations.add(new ArmResult.Evaluation(step, evaluated.metrics()));
    return evaluated;
  }

  /** Asks the model about the validation data. */
  static RunEvent.Evaluated evaluated(Evaluator evaluator, StepRunner runner, long step) {
    long begin = System.nanoTime();
    Evaluator.Result result = evaluator.evaluate(runner);
    double seconds = (System.nanoTime() - begin) / 1e9;
    return new RunEvent.Evaluated(step, result.metrics(), result.examples(), seconds);
  }
}

package dev.belay.train.stability;

import dev.belay.train.checkpoint.Resumable;
import dev.belay.train.config.StabilityConfig;
import dev.belay.train.config.StabilityConfig.Policy;
import dev.belay.train.event.RunEvent;
import dev.belay.train.failure.DivergedException;
import dev.belay.train.step.StepResult;
import dev.belay.train.step.StepRunner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.Consumer;

/**
 * Decides how a run continues after each step. A step whose loss or norm is not finite, or whose
 * norm explodes, has changed nothing; the guard stops the run, continues it, or restores a
 * checkpoint first. The first such step is kept in a replay bundle.
 */
public final class StepGuard implements StepPolicy, Resumable<StepGuard.State> {
  private final StabilityConfig config;
  private final GuardContext context;
  private final RunningMedian norms = new RunningMedian();
  private int skippedInARow;

  /** Diagnosis of the first step that was not usable; empty before it. */
  private String firstFinding = "";

  private int rollbacks;

  /**
   * Dependencies of a guard.
   *
   * @param returnPoint the checkpoint that rollbacks restore
   * @param failure the folder for the replay bundle
   * @param configFile config.json of the run
   * @param seed of the run
   * @param outputs number of classes of a new head
   */
  public record GuardContext(
      StepRunner runner,
      ReturnPoint returnPoint,
      Path failure,
      Path configFile,
      long seed,
      int outputs,
      Consumer<RunEvent> events) {}

  public StepGuard(StabilityConfig config, GuardContext context) {
    this.config = config;
    this.context = context;
  }

  /**
   * State of a guard in a checkpoint.
   *
   * @param norms the last norms, for their median
   */
  public record State(List<Double> norms, int skippedInARow, int rollbacks) {}

  @Override
  public String section() {
    return "guard";
  }

  @Override
  public Class<State> type() {
    return State.class;
  }

  @Override
  public State state() {
    return new State(norms.recent(), skippedInARow, rollbacks);
  }

  @Override
  public void resume(State state) {
    state.norms().forEach(norms::add);
    skippedInARow = state.skippedInARow();
    rollbacks = state.rollbacks();
  }

  /** Norms above this are explosions; infinity if this check is off, or the value not known yet. */
  @Override
  public double normLimit() {
    OptionalDouble median = norms.median();
    return config.explodeFactor().isPresent() && median.isPresent()
        ? config.explodeFactor().getAsDouble() * median.getAsDouble()
        : Double.POSITIVE_INFINITY;
  }

  /**
   * Records a step, and applies the policy if it is not usable.
   *
   * @throws DivergedException if the run is to stop
   */
  @Override
  public void settle(Attempt attempt) throws IOException {
    StepResult result = attempt.result();
    if (result.applied()) {
      norms.add(result.gradNorm());
      skippedInARow = 0;
      return;
    }
    if (result.overflowed()) {
      skip(attempt, RunEvent.Skipped.Reason.OVERFLOW);
      return;
    }
    boolean exploded = result.isFinite();
    String found = recorded(attempt, exploded);
    switch (config.onNonfinite()) {
      case HALT -> throw new DivergedException(message(attempt) + found);
      case SKIP ->
          skip(
              attempt,
              exploded ? RunEvent.Skipped.Reason.EXPLODED : RunEvent.Skipped.Reason.NOT_FINITE);
      case ROLLBACK -> rollBack(attempt);
    }
  }

  /** Makes sure that there is something to return to. */
  public void begin() throws IOException {
    if (config.onNonfinite() == Policy.ROLLBACK) {
      context.returnPoint().ensure();
    }
  }

  private void skip(Attempt attempt, RunEvent.Skipped.Reason reason) {
    skippedInARow++;
    context
        .events()
        .accept(new RunEvent.Skipped(attempt.step(), reason, attempt.result().lossScale()));
    if (skippedInARow > config.maxSkippedSteps()) {
      throw new DivergedException(
          message(attempt)
              + ", and "
              + skippedInARow
              + " steps in a row were skipped, more than --max-skipped-steps "
              + config.maxSkippedSteps()
              + "."
              + firstFinding);
    }
  }

  private void rollBack(Attempt attempt) throws IOException {
    rollbacks++;
    if (rollbacks > config.maxRollbacks()) {
      throw new DivergedException(
          message(attempt)
              + ", and the run has returned to a checkpoint "
              + config.maxRollbacks()
              + " times already (--max-rollbacks)."
              + firstFinding);
    }
    long to = context.returnPoint().goBack();
    context.events().accept(new RunEvent.RolledBack(attempt.step(), to));
  }

  /** Keeps the first failure for replay, and says what was found. */
  private String recorded(Attempt attempt, boolean exploded) throws IOException {
    if (Files.exists(context.failure())) {
      firstFinding = firstFinding.isEmpty() ? " " + replayHint() : firstFinding;
      return ". " + replayHint();
    }
    StepResult result = attempt.result();
    Diagnosis diagnosis =
        exploded
            ? Diagnosis.without(attempt.step(), Cause.EXPLODED)
            : Diagnostics.examine(
                context.runner(), attempt.batch(), attempt.step(), result.lossScale());
    ReplayBundle.write(
        context.failure(),
        new ReplayBundle.Contents(
            new ReplayBundle.Step(
                attempt.step(),
                context.seed(),
                attempt.learningRate(),
                result.loss(),
                result.gradNorm(),
                result.lossScale(),
                context.outputs()),
            attempt.batch(),
            diagnosis,
            context.configFile()),
        context.runner());
    String finding = diagnosis.text() + " " + replayHint();
    firstFinding = " In step " + attempt.step() + ", " + finding;
    return "; " + finding;
  }

  private String replayHint() {
    return "Its batch and weights are kept in "
        + context.failure()
        + ": `belay replay "
        + context.failure()
        + "` examines it.";
  }

  private String message(Attempt attempt) {
    StepResult result = attempt.result();
    return "step "
        + attempt.step()
        + ": the loss is "
        + result.loss()
        + " and the gradient norm "
        + result.gradNorm()
        + (result.isFinite()
            ? ", above " + (float) normLimit() + ", --explode-factor times the running median"
            : "")
        + ", so this step changed no weight";
  }
}

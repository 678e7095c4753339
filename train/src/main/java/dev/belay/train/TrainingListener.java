package dev.belay.train;

import dev.belay.train.event.RunEvent;
import java.util.function.Consumer;

/**
 * Receives the events of a training run, with a method for each kind. Pass it to {@link
 * TrainingRun#execute}; it receives the same events as the terminal and metrics.jsonl.
 *
 * <p>All methods are called on the training thread, which waits for them. An exception that a
 * method throws ends the run. Failures of a run are exceptions of {@code execute}, not events.
 */
public interface TrainingListener extends Consumer<RunEvent> {

  /** Training starts; model and data have been read. */
  default void onStart(RunEvent.Started started) {}

  /** The run resumes from a checkpoint; called before {@link #onStart}. */
  default void onResume(RunEvent.Resumed resumed) {}

  /** Called after each step, even if its update was skipped. */
  default void onStep(RunEvent.Trained trained) {}

  /** The norms of each variable, after the steps that {@code layerNormSteps} selects. */
  default void onNorms(RunEvent.NormsMeasured measured) {}

  /** Where the time of each worker went, after the steps that {@code logWorkerTimes} selects. */
  default void onWorkerTimes(RunEvent.WorkersMeasured measured) {}

  /** An update was skipped. */
  default void onSkip(RunEvent.Skipped skipped) {}

  /** The run returned to an earlier checkpoint. */
  default void onRollback(RunEvent.RolledBack rolledBack) {}

  /** Before the first batch of an evaluation, and after each batch. */
  default void onEvaluationProgress(RunEvent.Evaluating evaluating) {}

  /** Metrics on the validation data. */
  default void onEvaluation(RunEvent.Evaluated evaluated) {}

  /** A checkpoint was written. */
  default void onCheckpoint(RunEvent.Saved saved) {}

  /** The SavedModel was written. */
  default void onExport(RunEvent.Exported exported) {}

  /** The run finished successfully. */
  default void onEnd(RunEvent.Done done) {}

  /** The same run has already finished. */
  default void onAlreadyDone(RunEvent.AlreadyDone done) {}

  /** The report was written. */
  default void onReport(RunEvent.Reported reported) {}

  /** A problem that does not stop the run. */
  default void onWarning(RunEvent.Warned warned) {}

  /** Calls the method for this kind of event. */
  @Override
  default void accept(RunEvent event) {
    if (event instanceof RunEvent.Started started) {
      onStart(started);
    } else if (event instanceof RunEvent.Resumed resumed) {
      onResume(resumed);
    } else if (event instanceof RunEvent.Trained trained) {
      onStep(trained);
    } else if (event instanceof RunEvent.NormsMeasured measured) {
      onNorms(measured);
    } else if (event instanceof RunEvent.WorkersMeasured measured) {
      onWorkerTimes(measured);
    } else if (event instanceof RunEvent.Skipped skipped) {
      onSkip(skipped);
    } else if (event instanceof RunEvent.RolledBack rolledBack) {
      onRollback(rolledBack);
    } else if (event instanceof RunEvent.Evaluating evaluating) {
      onEvaluationProgress(evaluating);
    } else if (event instanceof RunEvent.Evaluated evaluated) {
      onEvaluation(evaluated);
    } else if (event instanceof RunEvent.Saved saved) {
      onCheckpoint(saved);
    } else if (event instanceof RunEvent.Exported exported) {
      onExport(exported);
    } else if (event instanceof RunEvent.Done done) {
      onEnd(done);
    } else if (event instanceof RunEvent.AlreadyDone done) {
      onAlreadyDone(done);
    } else if (event instanceof RunEvent.Reported reported) {
      onReport(reported);
    } else if (event instanceof RunEvent.Warned warned) {
      onWarning(warned);
    }
  }
}

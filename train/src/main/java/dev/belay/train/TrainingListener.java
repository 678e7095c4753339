package dev.belay.train;

import dev.belay.train.event.RunEvent;
import java.util.function.Consumer;

/**
 * Hears how a training goes, a method for each kind of event; a program overrides those it wants.
 * It is a consumer of the same events that the terminal and metrics.jsonl get, so it stands where
 * one is asked for: {@link TrainingRun#execute}.
 *
 * <p>All methods are called on the thread that trains, which waits for them. An exception that one
 * throws ends the run. How a run fails is told by the exception of {@code execute}, not here.
 */
public interface TrainingListener extends Consumer<RunEvent> {

  /** Model and data are read, and training begins. */
  default void onStart(RunEvent.Started started) {}

  /** The run goes on from a checkpoint; before {@link #onStart}. */
  default void onResume(RunEvent.Resumed resumed) {}

  /** An update was made, or tried. */
  default void onStep(RunEvent.Trained trained) {}

  /** What an update did to each variable, where {@code layerNormSteps} asks for it. */
  default void onNorms(RunEvent.NormsMeasured measured) {}

  /** An update was left out. */
  default void onSkip(RunEvent.Skipped skipped) {}

  /** The run returned to a checkpoint. */
  default void onRollback(RunEvent.RolledBack rolledBack) {}

  /** A batch of an evaluation is done. */
  default void onEvaluationProgress(RunEvent.Evaluating evaluating) {}

  /** Metrics on the validation data. */
  default void onEvaluation(RunEvent.Evaluated evaluated) {}

  /** A checkpoint was committed. */
  default void onCheckpoint(RunEvent.Saved saved) {}

  /** The SavedModel was committed. */
  default void onExport(RunEvent.Exported exported) {}

  /** The run ended well. */
  default void onEnd(RunEvent.Done done) {}

  /** The same run had ended before, and nothing was done. */
  default void onAlreadyDone(RunEvent.AlreadyDone done) {}

  /** The report was written. */
  default void onReport(RunEvent.Reported reported) {}

  /** Something is wrong that does not stop the run. */
  default void onWarning(RunEvent.Warned warned) {}

  /** Calls the method of the event. */
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

package dev.belay.train.event;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Event of a run. Listeners are metrics.jsonl, TensorBoard and the terminal. */
public sealed interface RunEvent {

  /**
   * Training starts; the model and data were read and the graph was built.
   *
   * @param totalSteps updates to come
   * @param stepsPerEpoch updates in one pass over the data
   * @param notes remarks for people: functions chosen, ops rewritten, variables left out
   */
  record Started(
      long totalSteps,
      int stepsPerEpoch,
      int trainExamples,
      long trainableParameters,
      List<String> notes)
      implements RunEvent {}

  /**
   * One update.
   *
   * @param clippedFraction the share of all steps so far whose gradients were clipped
   * @param stepMillis from requesting the batch to receiving the result
   * @param dataWaitMillis time within {@code stepMillis} spent waiting for the batch
   * @param sessionMillis time within {@code stepMillis} spent in TensorFlow's session
   */
  record Trained(
      long step,
      double epoch,
      float loss,
      float gradNorm,
      float gradNormClipped,
      float clipScale,
      boolean clipped,
      double clippedFraction,
      double learningRate,
      int examples,
      int tokens,
      double stepMillis,
      double dataWaitMillis,
      double sessionMillis)
      implements RunEvent {}

  /**
   * Norms of an update for each variable, if they were requested; follows the event of that update.
   */
  record NormsMeasured(long step, List<VariableNorm> variables) implements RunEvent {}

  /**
   * Times of each worker in an update, by their numbers; follows the evaluation and the checkpoint
   * of that step.
   */
  record WorkersMeasured(long step, List<WorkerTime> workers) implements RunEvent {}

  /**
   * A skipped update.
   *
   * @param lossScale at the step; 1 except with fp16
   */
  record Skipped(long step, Reason reason, double lossScale) implements RunEvent {
    /** Reason for skipping the update. */
    public enum Reason {
      /** Loss or norm were not finite. */
      NOT_FINITE,
      /** The norm was far above the norms of earlier steps. */
      EXPLODED,
      /**
       * A gradient exceeded the range of half precision under this loss scale, which is usual with
       * fp16.
       */
      OVERFLOW
    }
  }

  /** The run returned to a checkpoint after a step that was not usable. */
  record RolledBack(long step, long toStep) implements RunEvent {}

  /**
   * The progress of an evaluation, before its first batch and after each batch.
   *
   * @param step the last training step; 0 before training
   * @param done evaluated examples
   * @param examples all examples
   */
  record Evaluating(long step, int done, int examples) implements RunEvent {}

  /** Metrics on the validation data; {@code loss} is among them. */
  record Evaluated(long step, Map<String, Double> metrics, int examples, double seconds)
      implements RunEvent {}

  /**
   * The run resumes from a checkpoint; sent before {@link Started}.
   *
   * @param step of the checkpoint
   */
  record Resumed(long step, Path checkpoint) implements RunEvent {}

  /**
   * A checkpoint was written completely.
   *
   * @param seconds from taking the values until they are on the disk
   * @param stallSeconds time within {@code seconds} in which training waited
   * @param bytes of weights and slots
   */
  record Saved(long step, Path directory, double seconds, double stallSeconds, long bytes)
      implements RunEvent {}

  /** A SavedModel was written completely. */
  record Exported(long step, Path directory) implements RunEvent {}

  /**
   * The run finished successfully.
   *
   * @param clippedFraction the share of steps whose gradients were clipped
   * @param gradNormPercentiles of the norms before the clip, {@code p1} to {@code max}
   */
  record Done(
      long step,
      double seconds,
      double clippedFraction,
      Map<String, Double> gradNormPercentiles,
      Map<String, Double> bestMetrics)
      implements RunEvent {}

  /** A file for people to open was written about the run. */
  record Reported(Path file) implements RunEvent {}

  /** Something went wrong that does not stop the run. */
  record Warned(String message) implements RunEvent {}

  /**
   * The run had already finished with the same settings; there is nothing to do.
   *
   * @param when it ended
   */
  record AlreadyDone(long step, String when, Path directory) implements RunEvent {}
}

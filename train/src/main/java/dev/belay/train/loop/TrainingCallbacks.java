package dev.belay.train.loop;

import dev.belay.train.data.batch.BatchPosition;
import dev.belay.train.failure.StoppedException;

/** Actions of a training between its steps, in the order in which {@link Trainer} calls them. */
public interface TrainingCallbacks {

  /**
   * A step that has been made, whatever it changed.
   *
   * @param step from 1
   * @param next the batch that comes next
   * @param last whether the training ends with it
   */
  record CompletedStep(long step, BatchPosition next, boolean last) {}

  /**
   * Evaluates the model if that is due.
   *
   * @return whether the model is better than after every step before
   * @throws StoppedException if a stop was requested within the evaluation
   */
  boolean evaluate(CompletedStep completed);

  /**
   * Writes a checkpoint if that is due.
   *
   * @param better the result of {@link #evaluate}
   */
  void save(CompletedStep completed, boolean better);

  /**
   * Ends the training if a stop was requested.
   *
   * @throws StoppedException if it was; a checkpoint of this step is written
   */
  void stopIfRequested(CompletedStep completed);

  /** Whether the training ends here although steps are left. */
  boolean stopsEarly();
}

package dev.belay.train.stability;

import dev.belay.train.data.batch.UpdateBatch;
import dev.belay.train.failure.DivergedException;
import dev.belay.train.step.StepResult;
import java.io.IOException;

/** Decides how a training continues after each step, and which norms a step may have. */
public interface StepPolicy {

  /**
   * A step that was computed.
   *
   * @param step from 1
   */
  record Attempt(long step, UpdateBatch batch, double learningRate, StepResult result) {}

  /** A step with a larger norm changes nothing; infinity where there is no such limit. */
  double normLimit();

  /**
   * Takes note of a step, and acts if it is not usable.
   *
   * @throws DivergedException if the run is to stop
   */
  void settle(Attempt attempt) throws IOException;
}

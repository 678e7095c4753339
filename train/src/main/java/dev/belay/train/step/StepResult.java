package dev.belay.train.step;

import dev.belay.train.event.VariableNorm;
import dev.belay.train.event.WorkerTime;
import java.util.List;

/**
 * The numbers of one update, all from before it.
 *
 * @param loss mean over the counted labels of the whole update
 * @param gradNorm global norm of the gradients before clipping
 * @param gradNormClipped global norm after clipping
 * @param clipScale factor of every gradient, or the norm under a rule without a common factor; 1
 *     where nothing was clipped
 * @param clipped whether clipping changed anything
 * @param lossScale factor of the loss before the gradient; 1 except for fp16
 * @param applied whether the update was made
 * @param millis the session's runs alone
 * @param time where this worker's went, without its data; unknown for one process
 * @param variableNorms of every variable that has a gradient; empty if they were not requested
 */
public record StepResult(
    float loss,
    float gradNorm,
    float gradNormClipped,
    float clipScale,
    boolean clipped,
    float lossScale,
    boolean applied,
    double millis,
    WorkerTime time,
    List<VariableNorm> variableNorms) {

  /** The same with other norms of variables. */
  StepResult withVariableNorms(List<VariableNorm> norms) {
    return new StepResult(
        loss,
        gradNorm,
        gradNormClipped,
        clipScale,
        clipped,
        lossScale,
        applied,
        millis,
        time,
        norms);
  }

  /** Whether loss and norm are finite. */
  public boolean isFinite() {
    return Float.isFinite(loss) && Float.isFinite(gradNorm);
  }

  /**
   * Whether the scaled gradient left the range of half precision, which a smaller scale mends: no
   * sign of a training that diverges.
   */
  public boolean overflowed() {
    return Float.isFinite(loss) && !Float.isFinite(gradNorm) && lossScale > 1;
  }
}

package dev.belay.train.step;

import dev.belay.train.event.VariableNorm;
import java.util.List;

/**
 * The numbers of one update.
 *
 * @param loss mean over the batch's counted labels, before the update
 * @param gradNorm global norm of the gradients before clipping
 * @param gradNormClipped global norm after clipping
 * @param clipScale what every gradient was multiplied with; 1 where nothing was clipped
 * @param millis the session's run alone
 * @param variableNorms of every variable that has a gradient; empty where they were not asked for
 */
public record StepResult(
    float loss,
    float gradNorm,
    float gradNormClipped,
    float clipScale,
    double millis,
    List<VariableNorm> variableNorms) {

  /** Whether loss and norm are finite. */
  public boolean isFinite() {
    return Float.isFinite(loss) && Float.isFinite(gradNorm);
  }
}

package dev.belay.train.step;

/**
 * The numbers of one update.
 *
 * @param loss mean over the batch's counted labels, before the update
 * @param gradNorm global norm of the gradients before clipping
 * @param gradNormClipped global norm after clipping
 * @param clipScale what every gradient was multiplied with; 1 where nothing was clipped
 * @param millis the session's run alone
 */
public record StepResult(
    float loss, float gradNorm, float gradNormClipped, float clipScale, double millis) {

  /** Whether loss and norm are finite. */
  public boolean isFinite() {
    return Float.isFinite(loss) && Float.isFinite(gradNorm);
  }
}

package dev.belay.train.stability;

import dev.belay.graph.loss.SparseSoftmaxCrossEntropy;
import dev.belay.train.data.batch.UpdateBatch;
import dev.belay.train.step.NonFinite;
import dev.belay.train.step.StepRunner;
import java.util.Optional;
import org.tensorflow.exceptions.TFInvalidArgumentException;

/** Finds out why a step went wrong. */
public final class Diagnostics {
  private Diagnostics() {}

  /**
   * Runs the step again without its update and looks at every tensor.
   *
   * @param lossScale that its loss is multiplied with
   */
  public static Diagnosis examine(
      StepRunner runner, UpdateBatch batch, long step, double lossScale) {
    if (runner.workers().count() > 1) {
      return Diagnosis.without(step, Cause.NOT_EXAMINED);
    }
    try {
      Optional<NonFinite> found = runner.examine(batch, step);
      return found.isPresent()
          ? Diagnosis.of(step, found.get(), lossScale)
          : Diagnosis.without(step, Cause.GONE);
    } catch (TFInvalidArgumentException e) {
      if (e.getMessage() != null
          && e.getMessage().contains(SparseSoftmaxCrossEntropy.INVALID_LABEL)) {
        return Diagnosis.without(step, Cause.LABEL);
      }
      throw e;
    }
  }
}

package dev.belay.graph.loss;

import java.util.Optional;
import org.tensorflow.GraphOperation;
import org.tensorflow.Output;

/**
 * Finds the logits behind a model's probabilities. Cross entropy of logits is exact where
 * probabilities have already been rounded to 0 or 1.
 */
public final class FinalSoftmax {
  private FinalSoftmax() {}

  /** The input of the softmax, if {@code probabilities} are directly its output. */
  public static Optional<Output<?>> logitsBehind(Output<?> probabilities) {
    GraphOperation operation = behindIdentities(probabilities);
    return operation.type().equals("Softmax") ? Optional.of(operation.input(0)) : Optional.empty();
  }

  /**
   * Returns whether an output is {@code log(softmax(..))} in two ops: minus infinity where a
   * probability is rounded to 0, and then NaN in the cross entropy. The op LogSoftmax does not
   * count.
   */
  public static boolean isItsLogarithm(Output<?> output) {
    GraphOperation operation = behindIdentities(output);
    return operation.type().equals("Log") && logitsBehind(operation.input(0)).isPresent();
  }

  private static GraphOperation behindIdentities(Output<?> output) {
    GraphOperation operation = (GraphOperation) output.op();
    while (operation.type().equals("Identity")) {
      operation = (GraphOperation) operation.input(0).op();
    }
    return operation;
  }
}

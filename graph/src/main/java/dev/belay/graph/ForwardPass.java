package dev.belay.graph;

import dev.belay.graph.forward.ForwardCall;
import java.util.List;
import java.util.Optional;
import org.tensorflow.Output;

/**
 * Call of a model with the tensors that a step needs.
 *
 * @param call whose placeholders are fed and whose updates run
 * @param output logits, probabilities or predictions; or features, if a head reads them
 * @param losses scalars that the model's layers add to the loss of its task
 * @param computedLoss what a loss reads in place of the output, if the model computes its loss
 */
public record ForwardPass(
    ForwardCall call, Output<?> output, List<Output<?>> losses, Optional<Output<?>> computedLoss) {

  /** A pass whose layers add nothing to the loss. */
  public ForwardPass(ForwardCall call, Output<?> output) {
    this(call, output, List.of(), Optional.empty());
  }

  public ForwardPass {
    losses = List.copyOf(losses);
  }

  /** The same with losses that its layers add. */
  public ForwardPass withLosses(List<Output<?>> added) {
    return new ForwardPass(call, output, added, computedLoss);
  }

  /** The tensor that a loss reads. */
  Output<?> lossInput() {
    return computedLoss.<Output<?>>map(loss -> loss).orElse(output);
  }
}

package dev.belay.graph;

import dev.belay.graph.forward.ForwardCall;
import java.util.List;
import org.tensorflow.Output;

/**
 * Call of a model with the tensors that a step needs.
 *
 * @param call whose placeholders are fed and whose updates run
 * @param output logits, probabilities or predictions; or features, if a head reads them
 * @param losses scalars that the model's layers add to the loss of its task
 */
public record ForwardPass(ForwardCall call, Output<?> output, List<Output<?>> losses) {

  /** A pass whose layers add nothing to the loss. */
  public ForwardPass(ForwardCall call, Output<?> output) {
    this(call, output, List.of());
  }

  public ForwardPass {
    losses = List.copyOf(losses);
  }

  /** The same with losses that its layers add. */
  public ForwardPass withLosses(List<Output<?>> added) {
    return new ForwardPass(call, output, added);
  }
}

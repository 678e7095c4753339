package dev.belay.graph.forward;

import java.util.List;
import java.util.Map;
import org.tensorflow.Operation;
import org.tensorflow.Output;

/**
 * Forward pass inside a graph.
 *
 * @param name as the spec has it
 * @param inputs placeholders by the model's names, in the spec's order
 * @param outputs results by the model's names, in the spec's order
 * @param updates ops that must run with the call for their side effects
 */
public record ForwardCall(
    String name,
    Map<String, Output<?>> inputs,
    Map<String, Output<?>> outputs,
    List<Operation> updates) {

  /** The result of that name. */
  public Output<?> output(String output) {
    Output<?> found = outputs.get(output);
    if (found == null) {
      throw new IllegalArgumentException(
          "The function " + name + " has no output " + output + "; it has " + outputs.keySet());
    }
    return found;
  }
}

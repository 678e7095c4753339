package dev.belay.graph.variable;

import org.tensorflow.Operation;
import org.tensorflow.Output;

/**
 * Variable inside a graph. The graph owns its nodes; this record only refers to them.
 *
 * <p>Assign many variables in one run of a session, since a session plans the whole graph again for
 * each new set of targets.
 *
 * @param spec the declaration
 * @param handle the resource that ops such as ResourceApplyAdam change
 * @param value the single read of the variable on which everything differentiable depends
 * @param newValue placeholder for a value from Java, of the declared type and shape
 * @param assign sets the variable to {@code newValue}
 */
public record GraphVariable(
    VariableSpec spec, Output<?> handle, Output<?> value, Output<?> newValue, Operation assign) {

  /** The declared name. */
  public String name() {
    return spec.name();
  }
}

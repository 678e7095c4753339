package dev.belay.graph.variable;

import org.tensorflow.Operation;
import org.tensorflow.Output;

/**
 * A variable inside a graph. The graph owns its nodes; this only names them.
 *
 * <p>Many variables are best assigned in one run of a session, which plans the whole graph anew for
 * each new set of targets.
 *
 * @param spec what was declared
 * @param handle the resource that ops such as ResourceApplyAdam change
 * @param value the one read of the variable that everything differentiable hangs on
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

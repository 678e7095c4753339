package dev.belay.graph.optimizer;

import dev.belay.graph.constraint.Constraint;
import dev.belay.graph.gradient.Gradient;
import dev.belay.graph.variable.GraphVariable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.tensorflow.Operand;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * Optimizer that keeps weights within their constraints: after the update each weight is read
 * again, projected and written, as in Keras. A variable without a gradient is not updated, and so
 * not projected either.
 *
 * @param optimizer that makes the updates
 * @param constraints by the name of the variable
 */
public record Constrained(Optimizer optimizer, Map<String, Constraint> constraints)
    implements Optimizer {

  public Constrained {
    constraints = Map.copyOf(constraints);
  }

  @Override
  public OptionalDouble decayOfIdleRows(String variable) {
    return constraints.containsKey(variable)
        ? OptionalDouble.empty()
        : optimizer.decayOfIdleRows(variable);
  }

  @Override
  public List<Op> build(Ops tf, UpdateRequest request) {
    List<Op> updates = new ArrayList<>(optimizer.build(tf, request));
    Ops updated = tf.withControlDependencies(List.copyOf(updates));
    for (Gradient gradient : request.gradients()) {
      GraphVariable variable = gradient.variable();
      Constraint constraint = constraints.get(variable.name());
      if (constraint != null) {
        Operand<TFloat32> weight = updated.readVariableOp(variable.handle(), TFloat32.class);
        updates.add(tf.assignVariableOp(variable.handle(), constraint.project(tf, weight)));
      }
    }
    return updates;
  }
}

package dev.belay.graph;

import dev.belay.graph.head.AttachedHead;
import dev.belay.graph.stage.StatefulVariableRollback;
import dev.belay.graph.variable.GraphVariable;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.stream.Collectors;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operation;
import org.tensorflow.Output;

/** Finds the variables of a model with adapters that keep the values of its files. */
final class FrozenVariables {
  private FrozenVariables() {}

  /**
   * Names of variables that no step changes and that do not begin at random; none without adapters.
   *
   * @param state variables that the training call itself changes
   */
  static Set<String> of(TrainPlan plan, StatefulVariableRollback state) {
    Set<String> frozen = new LinkedHashSet<>();
    if (plan.model().adapted().isEmpty()) {
      return frozen;
    }
    plan.model().variables().all().stream()
        .filter(variable -> !variable.spec().trainable())
        .forEach(variable -> frozen.add(variable.name()));
    frozen.removeAll(state.names());
    plan.head().ifPresent(head -> frozen.addAll(loaded(head)));
    return frozen;
  }

  /** Frozen variables of a head that are not drawn. */
  private static Set<String> loaded(AttachedHead head) {
    Set<String> drawn =
        head.initializers().stream().map(FrozenVariables::handle).collect(Collectors.toSet());
    return head.variables().all().stream()
        .filter(variable -> !variable.spec().trainable())
        .filter(variable -> !drawn.contains(variable.handle().op().name()))
        .map(GraphVariable::name)
        .collect(Collectors.toSet());
  }

  /** The variable that an initializer assigns. */
  private static String handle(Operation initializer) {
    Output<?> handle = ((GraphOperation) initializer).input(0);
    return handle.op().name();
  }
}

package dev.belay.graph.diagnosis;

import dev.belay.graph.search.NodeNames;
import dev.belay.graph.search.Operations;
import dev.belay.graph.search.Reachable;
import dev.belay.graph.variable.GraphVariable;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.tensorflow.GraphOperation;
import org.tensorflow.Output;

/** Locates an op in its model. */
public final class OpLocator {

  private final Map<String, String> variables;

  /**
   * A locator for a graph with these variables.
   *
   * @param variables of the model and its head
   */
  public OpLocator(List<GraphVariable> variables) {
    this.variables =
        variables.stream()
            .collect(Collectors.toMap(v -> v.value().op().name(), GraphVariable::name));
  }

  /** The variable whose value the op reads, if it is a read of one. */
  public Optional<String> variable(GraphOperation operation) {
    return Optional.ofNullable(variables.get(operation.name()));
  }

  /** The variable closest upstream. */
  public Optional<String> nearestVariable(GraphOperation operation) {
    return Reachable.nearest(operation, Operations::sources, at -> variables.containsKey(at.name()))
        .flatMap(this::variable);
  }

  /** The name of a tensor for messages: that of its variable, or else that of its node. */
  public String name(Output<?> tensor) {
    String node = tensor.op().name();
    return variable((GraphOperation) tensor.op())
        .orElse(tensor.index() == 0 ? node : node + ":" + tensor.index());
  }

  /** Returns whether the op belongs to the backward pass. */
  public static boolean isBackward(GraphOperation operation) {
    return operation.name().contains("/" + NodeNames.GRADIENT + "/");
  }

  /**
   * The layer that an op belongs to, as the model names it: the scope of its node or, for a node
   * that Belay added, that of the closest node of the model upstream.
   */
  public String layer(GraphOperation operation) {
    if (variables.containsKey(operation.name())) {
      return scope(variables.get(operation.name()));
    }
    return Reachable.nearest(
            operation,
            Operations::sources,
            at -> !at.name().startsWith(NodeNames.PREFIX) && !at.type().equals("Const"))
        .map(at -> scope(variable(at).orElseGet(at::name)))
        .orElseGet(operation::name);
  }

  private static String scope(String name) {
    int end = name.lastIndexOf('/');
    return end < 0 ? name : name.substring(0, end);
  }
}

package dev.belay.graph.diagnosis;

import dev.belay.graph.variable.GraphVariable;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.tensorflow.GraphOperation;

/** Where in a model an op stands. */
public final class Surroundings {
  /** Nodes that the training step adds; all others come from the model. */
  private static final String OURS = "belay_";

  private final Map<String, String> variables;

  /**
   * Of a graph with these variables.
   *
   * @param variables of the model and its head
   */
  public Surroundings(List<GraphVariable> variables) {
    this.variables =
        variables.stream()
            .collect(Collectors.toMap(v -> v.value().op().name(), GraphVariable::name));
  }

  /** The variable whose value the op reads, if it is a read of one. */
  public Optional<String> variable(GraphOperation operation) {
    return Optional.ofNullable(variables.get(operation.name()));
  }

  /** The variable closest upstream, through at most a few ops. */
  public Optional<String> nearestVariable(GraphOperation operation) {
    return nearest(operation, 4).stream().findFirst();
  }

  private List<String> nearest(GraphOperation from, int hops) {
    Deque<GraphOperation> level = new ArrayDeque<>(List.of(from));
    Set<String> seen = new HashSet<>();
    for (int hop = 0; hop <= hops; hop++) {
      Deque<GraphOperation> next = new ArrayDeque<>();
      for (GraphOperation operation : level) {
        if (variables.containsKey(operation.name())) {
          return List.of(variables.get(operation.name()));
        }
        for (int i = 0; i < operation.numInputs(); i++) {
          GraphOperation input = (GraphOperation) operation.input(i).op();
          if (seen.add(input.name())) {
            next.add(input);
          }
        }
      }
      level = next;
    }
    return List.of();
  }

  /** Whether the op belongs to the way back from the loss. */
  public static boolean isBackward(GraphOperation operation) {
    return operation.name().contains("/gradient/");
  }

  /**
   * The layer that an op belongs to, as the model names it: the scope of its node, or for a node of
   * ours, of the closest node of the model that it is computed from.
   */
  public static String layer(GraphOperation operation) {
    Deque<GraphOperation> queue = new ArrayDeque<>(List.of(operation));
    Set<String> seen = new HashSet<>();
    while (!queue.isEmpty()) {
      GraphOperation at = queue.poll();
      if (!at.name().startsWith(OURS) && !at.type().equals("Const")) {
        int end = at.name().lastIndexOf('/');
        return end < 0 ? at.name() : at.name().substring(0, end);
      }
      for (int i = 0; i < at.numInputs(); i++) {
        GraphOperation input = (GraphOperation) at.input(i).op();
        if (seen.add(input.name())) {
          queue.add(input);
        }
      }
    }
    return operation.name();
  }
}

package dev.belay.train.model;

import dev.belay.graph.forward.ForwardCall;
import dev.belay.graph.search.Operations;
import dev.belay.savedmodel.model.FlatGraph;
import dev.belay.train.failure.ModelException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.Output;

/**
 * Finds the tensor that a new head reads: an output by its name, or an inner one by its node.
 *
 * <p>Inner nodes have their names without the calls they were expanded from: traces of one model
 * have the same layers, but differ in the layers that are functions.
 */
final class FeatureTensor {
  private static final int SHOWN = 12;
  private static final Pattern CALLS = Pattern.compile("(?<=/)(Stateful)?PartitionedCall(_\\d+)?/");

  private FeatureTensor() {}

  /**
   * The tensor.
   *
   * @param wanted an output's name, or the end of a node's name that no other node of this call has
   * @throws ModelException if no node or several nodes have such a name; it lists the candidates
   */
  static Output<?> find(
      Graph graph, ForwardCall call, FlatGraph.FlatFunction function, String wanted) {
    if (call.outputs().containsKey(wanted)) {
      return call.output(wanted);
    }
    List<GraphOperation> found = nodes(graph, function.scope(), wanted);
    if (found.size() == 1) {
      return found.get(0).output(0);
    }
    throw new ModelException(
        "--features "
            + wanted
            + ": "
            + function.source().path()
            + (found.isEmpty()
                ? " has neither an output nor an inner node of that name; its outputs are "
                    + call.outputs().keySet()
                    + alike(graph, function.scope(), wanted)
                : " has "
                    + found.size()
                    + " inner nodes that end so; write more of the name: "
                    + names(found, function.scope())));
  }

  /** Nodes of one function whose names end so. */
  private static List<GraphOperation> nodes(Graph graph, String scope, String ending) {
    List<GraphOperation> found = new ArrayList<>();
    for (GraphOperation operation : Operations.of(graph)) {
      boolean inside = operation.name().startsWith(scope + "/") && operation.numOutputs() > 0;
      if (inside && ("/" + name(operation, scope)).endsWith("/" + ending)) {
        found.add(operation);
      }
    }
    return found;
  }

  /** The nodes with the same last name, for a name with a wrong path. */
  private static String alike(Graph graph, String scope, String wanted) {
    String last = wanted.substring(wanted.lastIndexOf('/') + 1);
    List<GraphOperation> found = nodes(graph, scope, last);
    return found.isEmpty()
        ? ""
        : ", and its inner nodes called " + last + " are " + names(found, scope);
  }

  private static String name(GraphOperation node, String scope) {
    return CALLS.matcher(node.name()).replaceAll("").substring(scope.length() + 1);
  }

  private static List<String> names(List<GraphOperation> nodes, String scope) {
    return nodes.stream().limit(SHOWN).map(node -> name(node, scope)).toList();
  }
}

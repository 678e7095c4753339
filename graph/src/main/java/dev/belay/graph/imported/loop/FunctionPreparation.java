package dev.belay.graph.imported.loop;

import dev.belay.graph.imported.rewrite.GraphRewrite;
import dev.belay.graph.imported.rewrite.NodeGraph;
import dev.belay.graph.imported.rewrite.RepeatableRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.tensorflow.proto.framework.NodeDef;

/**
 * Gives the body of a loop or of a branch a form that can be differentiated.
 *
 * @param form rewrites its ops
 * @param acceptsNaturalGradient selects the custom gradients that may be ignored
 */
record FunctionPreparation(GraphRewrite form, Predicate<String> acceptsNaturalGradient) {
  private static final String CUSTOM_GRADIENT = "_gradient_op_type";

  /**
   * Prepares a function.
   *
   * @param variables indices of the arguments that have a gradient
   * @param resultsOf indices of the results whose gradients are given
   * @param inner cuts its loops and arrays
   */
  void prepare(
      LoopFunction body, List<Integer> variables, List<Integer> resultsOf, LoopGradients inner)
      throws LoopObstacle {
    List<String> arguments = variables.stream().map(body.arguments()::get).toList();
    List<String> results = resultsOf.stream().map(body.results()::get).toList();
    NodeGraph nodes = body.nodes();
    Set<String> onTheWay = new DifferentiablePath(nodes, arguments).leadingTo(results);
    for (NodeDef node : nodes.nodes()) {
      String gradient = node.containsAttr(CUSTOM_GRADIENT) ? name(node) : null;
      if (gradient != null
          && onTheWay.contains(node.getName())
          && !acceptsNaturalGradient.test(gradient)) {
        throw new LoopObstacle(
            "its body has the custom gradient "
                + gradient
                + " of its author at "
                + node.getName()
                + ", which Belay does not take within a loop; --accept-custom-gradient takes the"
                + " natural one");
      }
    }
    form.rewrite(nodes);
    nodes.prune(body.roots());
    List<String> draws = RepeatableRandom.draws(nodes);
    if (!draws.isEmpty()) {
      throw new LoopObstacle(
          "its body draws random numbers in each iteration, at " + String.join(", ", draws));
    }
    inner.cut(nodes, arguments, results.stream().map(nodes::current).toList());
    List<String> roots = new ArrayList<>(body.roots());
    inner.roots().forEach(root -> roots.add(nodes.current(root)));
    nodes.prune(roots);
  }

  private static String name(NodeDef node) {
    return node.getAttrOrThrow(CUSTOM_GRADIENT).getS().toStringUtf8();
  }
}

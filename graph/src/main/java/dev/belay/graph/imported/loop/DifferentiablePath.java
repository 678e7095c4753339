package dev.belay.graph.imported.loop;

import dev.belay.graph.imported.rewrite.NodeGraph;
import dev.belay.graph.imported.rewrite.Nodes;
import dev.belay.graph.imported.rewrite.TensorName;
import dev.belay.graph.search.FloatingTypes;
import dev.belay.graph.search.Reachable;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.NodeDef;

/**
 * Tensors that depend differentiably on some tensors, and the nodes on the way from there to
 * others, through loops and arrays.
 */
final class DifferentiablePath {
  private final NodeGraph graph;
  private final Set<String> reached = new HashSet<>();
  private final Map<String, Set<Integer>> loopVariables = new HashMap<>();
  private final Deque<String> open = new ArrayDeque<>();

  DifferentiablePath(NodeGraph graph, Collection<String> sources) {
    this.graph = graph;
    sources.forEach(this::reach);
    while (!open.isEmpty()) {
      String tensor = open.remove();
      for (NodeDef consumer : graph.consumers(TensorName.node(tensor))) {
        if (Nodes.dataInputs(consumer).stream().anyMatch(input -> same(input, tensor))) {
          pass(consumer);
        }
      }
    }
  }

  /** Returns whether a tensor depends on a source. */
  boolean isReached(String tensor) {
    return reached.contains(canonical(tensor));
  }

  /** The variables of a loop that depend on a source in any iteration, or those of a branch. */
  Set<Integer> variables(NodeDef loop) {
    return loopVariables.getOrDefault(loop.getName(), Set.of());
  }

  /**
   * The variables of a loop that depend on a source, and that some of its results depend on.
   *
   * @param read indices of these results
   */
  List<Integer> variables(NodeDef loop, Set<Integer> read) {
    List<Integer> variables = List.copyOf(variables(loop));
    if (!Loops.isReadable(graph, loop) || read.containsAll(variables)) {
      return variables;
    }
    LoopFunction body =
        LoopFunction.of(
            graph, Loops.body(loop), LoopFunction.unknownShapes(Loops.types(loop).size()));
    DifferentiablePath within =
        new DifferentiablePath(
            body.nodes(), variables.stream().map(body.arguments()::get).toList());
    Set<Integer> needed = new TreeSet<>(read);
    needed.retainAll(variables);
    for (int before = -1; before < needed.size(); ) {
      before = needed.size();
      Set<String> leading = within.leadingTo(needed.stream().map(body.results()::get).toList());
      variables.stream()
          .filter(i -> leading.contains(body.arguments().get(i)))
          .forEach(needed::add);
    }
    return List.copyOf(needed);
  }

  /** The nodes between sources and targets. */
  Set<String> leadingTo(Collection<String> targets) {
    return Reachable.from(
        targets.stream().filter(this::isReached).map(TensorName::node).toList(),
        name ->
            Nodes.dataInputs(graph.node(name)).stream()
                .filter(this::isReached)
                .map(TensorName::node)
                .toList());
  }

  private void reach(String tensor) {
    if (reached.add(canonical(tensor))) {
      open.add(canonical(tensor));
    }
  }

  private void pass(NodeDef node) {
    if (Loops.isLoop(node)) {
      passLoop(node);
    } else if (Branches.isConditional(node)) {
      passConditional(node);
    } else if (!node.getOp().equals("StopGradient") && !ListGradients.holdsOthers(node)) {
      for (OpOutputs.OpOutput output : OpOutputs.of(node)) {
        if (FloatingTypes.carriesGradient(output.type())) {
          reach(output.tensor());
        }
      }
    }
  }

  private void passLoop(NodeDef loop) {
    List<String> inputs = Nodes.dataInputs(loop);
    List<DataType> types = Loops.types(loop);
    Set<Integer> variables = new TreeSet<>();
    for (int i = 0; i < inputs.size(); i++) {
      if (isReached(inputs.get(i)) && FloatingTypes.carriesGradient(types.get(i))) {
        variables.add(i);
      }
    }
    if (Loops.isReadable(graph, loop)) {
      addWithin(loop, variables);
    } else {
      for (int i = 0; i < inputs.size(); i++) {
        if (FloatingTypes.carriesGradient(types.get(i))) {
          variables.add(i);
        }
      }
    }
    loopVariables.put(loop.getName(), variables);
    variables.forEach(i -> reach(TensorName.of(loop.getName(), i)));
  }

  private void passConditional(NodeDef node) {
    List<String> arguments = Branches.arguments(node);
    List<DataType> types = Branches.types(node);
    Set<Integer> variables = new TreeSet<>();
    for (int i = 0; i < arguments.size(); i++) {
      if (isReached(arguments.get(i)) && FloatingTypes.carriesGradient(types.get(i))) {
        variables.add(i);
      }
    }
    loopVariables.put(node.getName(), variables);
    boolean readable = Branches.isReadable(graph, node);
    for (int i = 0; i < Branches.resultTypes(node).size(); i++) {
      boolean carries = FloatingTypes.carriesGradient(Branches.resultTypes(node).get(i));
      if (carries && (!readable || dependsWithin(node, i, variables))) {
        reach(Branches.result(node, i));
      }
    }
  }

  /** Returns whether a result depends on arguments in any branch. */
  private boolean dependsWithin(NodeDef node, int result, Set<Integer> variables) {
    for (String name : Branches.functions(node)) {
      LoopFunction branch =
          LoopFunction.of(graph, name, LoopFunction.unknownShapes(Branches.arguments(node).size()));
      DifferentiablePath within =
          new DifferentiablePath(
              branch.nodes(), variables.stream().map(branch.arguments()::get).toList());
      if (within.isReached(branch.results().get(result))) {
        return true;
      }
    }
    return false;
  }

  /** Adds the variables that depend on others after some iterations. */
  private void addWithin(NodeDef loop, Set<Integer> variables) {
    int count = Loops.types(loop).size();
    LoopFunction body = LoopFunction.of(graph, Loops.body(loop), LoopFunction.unknownShapes(count));
    for (int before = -1; before < variables.size(); ) {
      before = variables.size();
      DifferentiablePath within =
          new DifferentiablePath(
              body.nodes(), variables.stream().map(body.arguments()::get).toList());
      for (int i = 0; i < count; i++) {
        if (within.isReached(body.results().get(i))) {
          variables.add(i);
        }
      }
    }
  }

  private static boolean same(String input, String tensor) {
    return canonical(input).equals(tensor);
  }

  private static String canonical(String tensor) {
    return TensorName.of(TensorName.node(tensor), TensorName.index(tensor));
  }
}

package dev.belay.graph.imported.loop;

import dev.belay.graph.gradient.GradientGap;
import dev.belay.graph.gradient.NoGradientReport;
import dev.belay.graph.imported.rewrite.GraphRewrite;
import dev.belay.graph.imported.rewrite.NodeGraph;
import dev.belay.graph.imported.rewrite.Nodes;
import dev.belay.graph.imported.rewrite.TensorName;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.tensorflow.Graph;
import org.tensorflow.proto.framework.NodeDef;

/**
 * Gives loops and arrays a gradient, which the native runtime does not have: the graph is cut at
 * each of them. A loop that cannot be differentiated stays as it is, marked with the reason.
 */
public final class LoopGradients {
  private final GraphRewrite bodyForm;
  private final Predicate<String> acceptsNaturalGradient;
  private final Predicate<String> trains;
  private final List<GapCut> cuts = new ArrayList<>();

  /**
   * @param bodyForm gives the body of a loop a form that can be differentiated
   * @param acceptsNaturalGradient selects, by the name of their lost custom gradient, the nodes
   *     that may be differentiated as if the author had written none
   * @param trains selects the handles of the variables that train
   */
  public LoopGradients(
      GraphRewrite bodyForm, Predicate<String> acceptsNaturalGradient, Predicate<String> trains) {
    this.bodyForm = bodyForm;
    this.acceptsNaturalGradient = acceptsNaturalGradient;
    this.trains = trains;
  }

  /**
   * Cuts a graph at all loops and arrays between some tensors and others.
   *
   * @param sources tensors that gradients are taken by
   * @param targets tensors whose gradients are given
   */
  public void cut(NodeGraph graph, Collection<String> sources, Collection<String> targets) {
    DifferentiablePath path = new DifferentiablePath(graph, sources);
    IntegerPaths.end(graph, sources, trains, path);
    Set<String> onTheWay = path.leadingTo(targets);
    for (NodeDef node : graph.nodes()) {
      if (!onTheWay.contains(node.getName())) {
        continue;
      }
      if (ListGradients.knows(node)) {
        cuts.add(ListGradients.cut(graph, node));
      } else if (Loops.isLoop(node)) {
        cutLoop(graph, node, path, read(graph, node, onTheWay, targets));
      } else if (Branches.isConditional(node)) {
        cutConditional(graph, node, path, read(graph, node, onTheWay, targets));
      }
    }
    graph.settle();
  }

  /**
   * The indices of results that lead to a target. Python adds results that only its own gradient
   * reads, such as the lists of what each iteration computed.
   */
  private static Set<Integer> read(
      NodeGraph graph, NodeDef node, Set<String> onTheWay, Collection<String> targets) {
    List<String> tensors = new ArrayList<>(targets);
    graph.consumers(node.getName()).stream()
        .filter(consumer -> onTheWay.contains(consumer.getName()))
        .forEach(consumer -> tensors.addAll(Nodes.dataInputs(consumer)));
    Set<Integer> read = new TreeSet<>();
    for (String tensor : tensors) {
      if (TensorName.node(tensor).equals(node.getName())) {
        read.add(TensorName.index(tensor));
      }
    }
    return read;
  }

  private void cutLoop(NodeGraph graph, NodeDef loop, DifferentiablePath path, Set<Integer> read) {
    try {
      if (!Loops.isReadable(graph, loop)) {
        throw new LoopObstacle("its functions could not be expanded");
      }
      requireRead(graph, loop);
      cuts.add(new LoopCut(graph, loop, path.variables(loop, read)).cut(within()));
      graph.note(loop.getOp() + ": saves what its gradient needs");
    } catch (LoopObstacle e) {
      mark(graph, loop, e);
    }
  }

  private void cutConditional(
      NodeGraph graph, NodeDef node, DifferentiablePath path, Set<Integer> read) {
    try {
      if (!Branches.isReadable(graph, node)) {
        throw new LoopObstacle("its functions could not be expanded");
      }
      requireRead(graph, node);
      List<Integer> results =
          read.stream().filter(i -> path.isReached(Branches.result(node, i))).toList();
      List<Integer> variables = List.copyOf(path.variables(node));
      cuts.add(new BranchCut(graph, node, variables, results).cut(this));
      graph.note(node.getOp() + ": with a gradient of the branch that is taken");
    } catch (LoopObstacle e) {
      mark(graph, node, e);
    }
  }

  private static void mark(NodeGraph graph, NodeDef node, LoopObstacle obstacle) {
    graph.put(
        node.toBuilder()
            .putAttr(NoGradientReport.OBSTACLE, Nodes.text(obstacle.getMessage()))
            .build());
  }

  /** A handle that a loop still has hides how its variable is used. */
  private void requireRead(NodeGraph graph, NodeDef loop) throws LoopObstacle {
    for (String input : Nodes.dataInputs(loop)) {
      String source = graph.behindIdentity(input);
      if (trains.test(source)) {
        throw new LoopObstacle("it uses the variable " + source + " otherwise than by reading it");
      }
    }
  }

  /** The same for a function within the graph. */
  LoopGradients within() {
    return new LoopGradients(bodyForm, acceptsNaturalGradient, trains);
  }

  /** Gives a function a form that can be differentiated, and cuts it. */
  void prepare(LoopFunction function, List<Integer> variables, List<Integer> results)
      throws LoopObstacle {
    new FunctionPreparation(bodyForm, acceptsNaturalGradient)
        .prepare(function, variables, results, this);
  }

  /** All tensors that must exist in the final graph. */
  public List<String> roots() {
    return cuts.stream().flatMap(cut -> cut.roots().stream()).toList();
  }

  /** The gaps in a graph that the nodes were imported into. */
  public List<GradientGap> gaps(Graph imported, NodeGraph nodes) {
    return cuts.stream().map(cut -> cut.bind(imported, nodes)).toList();
  }
}

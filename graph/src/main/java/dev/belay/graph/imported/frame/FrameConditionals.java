package dev.belay.graph.imported.frame;

import dev.belay.graph.imported.rewrite.GraphRewrite;
import dev.belay.graph.imported.rewrite.NodeGraph;
import dev.belay.graph.imported.rewrite.Nodes;
import dev.belay.graph.imported.rewrite.TensorName;
import dev.belay.graph.search.FloatingTypes;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import org.tensorflow.proto.framework.NodeDef;

/**
 * Makes each conditional of TensorFlow 1, between Switch and Merge, one node. A conditional that
 * hands on nothing that can have a gradient stays as it is.
 *
 * <p>Source of the form: {@code CondContext} of {@code control_flow_ops.py} of TensorFlow 2.10.
 */
final class FrameConditionals implements GraphRewrite {
  private final Set<String> named;

  /**
   * @param named nodes or tensors that are named from outside the graph
   */
  FrameConditionals(Collection<String> named) {
    this.named = Set.copyOf(TensorName.nodes(named));
  }

  @Override
  public void rewrite(NodeGraph graph) {
    if (graph.nodes("Merge").isEmpty()) {
      return;
    }
    BranchContexts contexts = new BranchContexts(graph);
    for (List<BranchContexts.Join> joins : conditionals(graph, contexts)) {
      if (joins.stream().anyMatch(join -> carriesGradient(graph.node(join.merge())))) {
        try {
          new FrameConditional(graph, contexts, joins, named).raise();
          graph.note("conditional of TensorFlow 1: If");
        } catch (Irregular e) {
          graph.note("conditional of TensorFlow 1 kept: " + e.getMessage());
        }
      }
    }
  }

  private static boolean carriesGradient(NodeDef merge) {
    return FloatingTypes.carriesGradient(Nodes.type(merge, "T"));
  }

  /**
   * The outermost conditionals, each with all its Merges. Two of the same condition, one of which
   * reads the other's result, stay apart.
   */
  private static List<List<BranchContexts.Join>> conditionals(
      NodeGraph graph, BranchContexts contexts) {
    List<List<BranchContexts.Join>> groups = new ArrayList<>();
    for (BranchContexts.Join join : contexts.joins()) {
      if (!join.around().isEmpty()) {
        continue;
      }
      List<BranchContexts.Join> group = null;
      for (List<BranchContexts.Join> candidate : groups) {
        if (candidate.get(0).predicate().equals(join.predicate())) {
          group = candidate; // the last one: an earlier one may come before what this one reads
        }
      }
      if (group != null) {
        Set<String> before = graph.needed(List.of(join.merge()));
        if (group.stream().anyMatch(other -> before.contains(other.merge()))) {
          group = null;
        }
      }
      if (group == null) {
        group = new ArrayList<>();
        groups.add(group);
      }
      group.add(join);
    }
    return groups;
  }
}

package dev.belay.graph.imported.frame;

import dev.belay.graph.imported.rewrite.NodeGraph;
import dev.belay.graph.imported.rewrite.Nodes;
import dev.belay.graph.imported.rewrite.TensorName;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tensorflow.proto.framework.NodeDef;

/** Conditions under which each node of a graph runs: a Switch adds one, a Merge takes it away. */
final class BranchContexts {
  private final NodeGraph graph;
  private final Map<String, Set<Branch>> contexts = new HashMap<>();
  private final Map<String, Join> joins = new LinkedHashMap<>();

  /**
   * One side of a conditional.
   *
   * @param predicate its condition, a tensor
   */
  record Branch(String predicate, boolean taken) {}

  /**
   * A Merge whose inputs come from the two sides of one conditional.
   *
   * @param predicate its condition
   * @param ifTrue its input if the condition is true
   * @param around the conditions under which it runs itself
   */
  record Join(String merge, String predicate, String ifTrue, String ifFalse, Set<Branch> around) {}

  BranchContexts(NodeGraph graph) {
    this.graph = graph;
    for (NodeDef node : NodeOrder.of(graph)) {
      contexts.put(node.getName(), context(node));
    }
  }

  /** The Merges of conditionals, inputs first. */
  List<Join> joins() {
    return List.copyOf(joins.values());
  }

  /** Returns whether a node or tensor exists on one side of a conditional only. */
  boolean isWithin(String tensor, Branch branch) {
    return of(tensor).contains(branch);
  }

  private Set<Branch> of(String tensor) {
    Set<Branch> context = contexts.getOrDefault(TensorName.node(tensor), Set.of());
    NodeDef node = graph.node(tensor);
    if (!node.getOp().equals("Switch") || TensorName.isControl(tensor)) {
      return context;
    }
    Set<Branch> within = new HashSet<>(context);
    within.add(branch(node, TensorName.index(tensor)));
    return within;
  }

  /** The side of a conditional that an output of a Switch belongs to. */
  Branch branch(NodeDef gate, int output) {
    return new Branch(graph.behindIdentity(gate.getInput(1)), output == 1);
  }

  private Set<Branch> context(NodeDef node) {
    if (node.getOp().equals("Merge") && Nodes.dataInputs(node).size() == 2) {
      return contextOfMerge(node);
    }
    Set<Branch> context = Set.of();
    for (String input : node.getInputList()) {
      Set<Branch> more = of(input);
      if (!context.containsAll(more)) {
        Set<Branch> union = new HashSet<>(context);
        union.addAll(more);
        context = union.size() == more.size() ? more : union;
      }
    }
    return context;
  }

  private Set<Branch> contextOfMerge(NodeDef merge) {
    Set<Branch> first = of(merge.getInput(0));
    Set<Branch> second = of(merge.getInput(1));
    for (Branch branch : first) {
      if (second.contains(new Branch(branch.predicate(), !branch.taken()))) {
        Set<Branch> around = without(first, branch.predicate());
        if (around.equals(without(second, branch.predicate()))) {
          String yes = merge.getInput(branch.taken() ? 0 : 1);
          String no = merge.getInput(branch.taken() ? 1 : 0);
          Join join = new Join(merge.getName(), branch.predicate(), yes, no, around);
          joins.put(merge.getName(), join);
          return around;
        }
      }
    }
    Set<Branch> common = new HashSet<>(first);
    common.retainAll(second);
    return common;
  }

  private static Set<Branch> without(Set<Branch> context, String predicate) {
    Set<Branch> rest = new HashSet<>(context);
    rest.removeIf(branch -> branch.predicate().equals(predicate));
    return rest;
  }
}

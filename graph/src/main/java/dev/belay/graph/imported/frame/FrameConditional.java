package dev.belay.graph.imported.frame;

import dev.belay.graph.imported.loop.Loops;
import dev.belay.graph.imported.loop.OpOutputs;
import dev.belay.graph.imported.rewrite.NodeGraph;
import dev.belay.graph.imported.rewrite.Nodes;
import dev.belay.graph.imported.rewrite.TensorName;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.NodeDef;
import org.tensorflow.proto.framework.TensorShapeProto;

/** One conditional, which becomes an If of two functions of the same arguments. */
final class FrameConditional {
  private final NodeGraph graph;
  private final BranchContexts contexts;
  private final List<BranchContexts.Join> joins;
  private final Set<String> named;

  /** Indices of the arguments by tensor outside the conditional. */
  private final Map<String, Integer> arguments = new LinkedHashMap<>();

  private final Set<String> controls = new LinkedHashSet<>();

  /**
   * @param joins its results
   * @param named nodes that are named from outside the graph
   */
  FrameConditional(
      NodeGraph graph,
      BranchContexts contexts,
      List<BranchContexts.Join> joins,
      Set<String> named) {
    this.graph = graph;
    this.contexts = contexts;
    this.joins = joins;
    this.named = named;
  }

  /** Replaces its Merges. What is within it stays, for others to read or to be pruned. */
  void raise() throws Irregular {
    String predicate = joins.get(0).predicate();
    requireNoIndex();
    Side yes = side(predicate, true);
    Side no = side(predicate, false);
    List<String> inputs = List.copyOf(arguments.keySet());
    List<DataType> types = inputs.stream().map(input -> OpOutputs.type(graph, input)).toList();
    List<TensorShapeProto> shapes =
        inputs.stream().map(input -> Loops.proto(graph.shapeOf(input))).toList();
    List<DataType> results =
        joins.stream().map(join -> Nodes.type(graph.node(join.merge()), "T")).toList();
    String prefix = joins.get(0).merge();
    ExtractedFunction then = yes.function(prefix + "_then");
    ExtractedFunction otherwise = no.function(prefix + "_else");
    String name = graph.fresh(prefix + "/conditional");
    NodeDef.Builder node =
        Nodes.node(name, then.isStateful() || otherwise.isStateful() ? "If" : "StatelessIf")
            .addInput(predicate)
            .addAllInput(inputs)
            .addAllInput(controls)
            .putAttr("Tcond", Nodes.type(DataType.DT_BOOL))
            .putAttr("Tin", Loops.types(types))
            .putAttr("Tout", Loops.types(results))
            .putAttr("then_branch", Loops.function(then.write(types, shapes)))
            .putAttr("else_branch", Loops.function(otherwise.write(types, shapes)))
            .putAttr(Loops.LOWERED, Nodes.bool(true));
    graph.put(node.build());
    for (int i = 0; i < joins.size(); i++) {
      NodeDef merge = graph.node(joins.get(i).merge());
      graph.put(
          Nodes.node(merge.getName(), "Identity", TensorName.of(name, i))
              .addAllInput(Nodes.controlInputs(merge))
              .putAttr("T", merge.getAttrOrThrow("T"))
              .build());
    }
  }

  private void requireNoIndex() throws Irregular {
    for (BranchContexts.Join join : joins) {
      for (NodeDef reader : graph.consumers(join.merge())) {
        if (Nodes.dataInputs(reader).contains(join.merge() + ":1")) {
          throw new Irregular(reader.getName() + " reads which branch was taken");
        }
      }
    }
  }

  private Side side(String predicate, boolean taken) throws Irregular {
    Side side = new Side(new BranchContexts.Branch(predicate, taken));
    side.collect();
    return side;
  }

  /** One branch: its nodes by name, and its results, both with inputs as the graph names them. */
  private final class Side {
    private final BranchContexts.Branch branch;
    private final Map<String, NodeDef> nodes = new LinkedHashMap<>();
    private final Set<String> open = new LinkedHashSet<>();

    Side(BranchContexts.Branch branch) {
      this.branch = branch;
    }

    private List<String> results() {
      return joins.stream().map(join -> branch.taken() ? join.ifTrue() : join.ifFalse()).toList();
    }

    void collect() throws Irregular {
      for (String result : results()) {
        visit(result);
      }
      Set<String> done = new HashSet<>();
      while (!open.isEmpty()) {
        NodeDef node = graph.node(open.iterator().next());
        open.remove(node.getName());
        if (!done.add(node.getName())) {
          continue;
        }
        if (named.contains(node.getName()) && OpOutputs.isStateful(node)) {
          throw new Irregular(node.getName() + " of a branch is run from outside");
        }
        nodes.put(node.getName(), node);
        for (String input : node.getInputList()) {
          visit(input);
        }
      }
    }

    private void visit(String input) throws Irregular {
      NodeDef node = graph.node(input);
      if (TensorName.isControl(input)) {
        if (contexts.isWithin(input, branch)) {
          open.add(node.getName());
        } else if (!node.getOp().equals("Switch")) {
          controls.add(input);
        }
      } else if (isGate(input)) {
        addArgument(node.getInput(0));
      } else if (contexts.isWithin(input, branch)) {
        open.add(node.getName());
      } else {
        addArgument(input);
      }
    }

    /** Returns whether a tensor is one of outside that a Switch lets into the branch. */
    private boolean isGate(String tensor) {
      NodeDef node = graph.node(tensor);
      return node.getOp().equals("Switch")
          && contexts.branch(node, TensorName.index(tensor)).equals(branch);
    }

    private void addArgument(String tensor) throws Irregular {
      if (contexts.isWithin(tensor, branch)) {
        throw new Irregular("a branch begins with " + tensor + ", which is in it");
      }
      arguments.putIfAbsent(TensorName.canonical(tensor), arguments.size());
    }

    ExtractedFunction function(String name) {
      ExtractedFunction function = new ExtractedFunction(graph, name, arguments.size());
      results().forEach(result -> function.addResult(read(function, result)));
      for (NodeDef node : nodes.values()) {
        NodeDef.Builder copy = node.toBuilder().clearInput();
        for (String input : node.getInputList()) {
          if (!TensorName.isControl(input)) {
            copy.addInput(read(function, input));
          } else if (nodes.containsKey(TensorName.node(input))) {
            copy.addInput(input);
          }
        }
        function.addNode(copy.build());
      }
      return function;
    }

    private String read(ExtractedFunction function, String tensor) {
      String outer = isGate(tensor) ? graph.node(tensor).getInput(0) : tensor;
      Integer argument = arguments.get(TensorName.canonical(outer));
      return argument == null ? tensor : function.argument(argument);
    }
  }
}

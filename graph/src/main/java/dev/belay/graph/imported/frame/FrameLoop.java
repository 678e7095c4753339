package dev.belay.graph.imported.frame;

import dev.belay.graph.imported.loop.Loops;
import dev.belay.graph.imported.rewrite.NodeGraph;
import dev.belay.graph.imported.rewrite.Nodes;
import dev.belay.graph.imported.rewrite.TensorName;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.NodeDef;

/** One frame, which becomes one loop: its variables come first, then what no iteration changes. */
final class FrameLoop {
  private final NodeGraph graph;
  private final Map<String, NodeDef> members = new LinkedHashMap<>();

  /** The Enter of each of the loop's arguments. */
  private final List<NodeDef> enters = new ArrayList<>();

  /** What an iteration hands to the next, for each of the variables. */
  private final List<String> nexts = new ArrayList<>();

  /** Arguments by the tensors of the frame that have their values. */
  private final Map<String, Integer> arguments = new HashMap<>();

  private final Map<String, Integer> exits = new LinkedHashMap<>();
  private final Set<String> gates = new HashSet<>();
  private final NodeDef condition;

  FrameLoop(NodeGraph graph, List<NodeDef> members) throws Irregular {
    this.graph = graph;
    members.forEach(node -> this.members.put(node.getName(), node));
    List<NodeDef> conditions = members("LoopCond");
    if (conditions.size() != 1) {
      throw new Irregular("it has " + conditions.size() + " conditions");
    }
    this.condition = conditions.get(0);
    gates.add(condition.getName());
    members("Merge").stream().filter(this::isHead).toList().forEach(this::addVariable);
    for (NodeDef enter : members("Enter")) {
      if (FrameTree.isConstant(enter)) {
        arguments.put(enter.getName(), enters.size());
        enters.add(enter);
      } else if (!enters.contains(enter)) {
        throw new Irregular(enter.getName() + " enters the first iteration only");
      }
      gates.add(enter.getName());
    }
    for (NodeDef gate : members("Switch")) {
      if (TensorName.canonical(gate.getInput(1)).equals(condition.getName())) {
        addSwitch(gate);
      }
    }
  }

  private List<NodeDef> members(String op) {
    return members.values().stream().filter(node -> node.getOp().equals(op)).toList();
  }

  /** Returns whether a Merge begins the iterations of a variable. */
  private boolean isHead(NodeDef merge) {
    return merge.getInputCount() >= 2
        && graph.node(merge.getInput(0)).getOp().equals("Enter")
        && graph.node(merge.getInput(1)).getOp().equals("NextIteration");
  }

  private void addVariable(NodeDef merge) {
    arguments.put(merge.getName(), enters.size());
    gates.add(merge.getName());
    enters.add(graph.node(merge.getInput(0)));
    nexts.add(TensorName.canonical(graph.node(merge.getInput(1)).getInput(0)));
  }

  private void addSwitch(NodeDef gate) throws Irregular {
    Integer argument = arguments.get(TensorName.canonical(gate.getInput(0)));
    if (argument == null || argument >= nexts.size()) {
      throw new Irregular(gate.getName() + " leaves the loop with something else than a variable");
    }
    gates.add(gate.getName());
    arguments.put(TensorName.of(gate.getName(), 1), argument);
    for (NodeDef reader : graph.consumers(gate.getName())) {
      for (String input : Nodes.dataInputs(reader)) {
        if (TensorName.canonical(input).equals(gate.getName())) {
          if (!reader.getOp().equals("Exit")) {
            throw new Irregular(reader.getName() + " reads a variable as the loop ends");
          }
          exits.put(reader.getName(), argument);
        }
      }
    }
  }

  /** Replaces the frame. */
  void raise() throws Irregular {
    List<String> inputs = new ArrayList<>();
    Set<String> controls = new LinkedHashSet<>();
    List<DataType> types = new ArrayList<>();
    for (NodeDef enter : enters) {
      inputs.add(enter.getInput(0));
      controls.addAll(Nodes.controlInputs(enter));
      types.add(Nodes.type(enter, "T"));
    }
    String before = condition.getName();
    String name = before.contains("/") ? before.substring(0, before.lastIndexOf('/')) : "loop";
    List<String> results = new ArrayList<>(nexts);
    members("Enter").stream()
        .filter(FrameTree::isConstant)
        .forEach(enter -> results.add(enter.getName()));
    ExtractedFunction body = function(name + "_body", results);
    ExtractedFunction test = function(name + "_condition", List.of(condition.getInput(0)));
    LoopShapes shapes = LoopShapes.of(graph, body, inputs, types);
    boolean stateful = body.isStateful() || test.isStateful();
    String loop = graph.fresh(name.replaceAll("[^A-Za-z0-9_./-]", "_") + "/loop");
    NodeDef.Builder node =
        Nodes.node(loop, stateful ? "While" : "StatelessWhile")
            .addAllInput(inputs)
            .addAllInput(controls)
            .putAttr("T", Loops.types(types))
            .putAttr("body", Loops.function(body.write(types, shapes.shapes())))
            .putAttr("cond", Loops.function(test.write(types, shapes.shapes())))
            .putAttr("output_shapes", Loops.shapes(shapes.shapes()))
            .putAttr("parallel_iterations", parallel())
            .putAttr(Loops.LOWERED, Nodes.bool(true));
    members.keySet().forEach(graph::remove);
    graph.put(node.build());
    exits.forEach(
        (exit, index) ->
            graph.put(
                Nodes.node(exit, "Identity", TensorName.of(loop, index))
                    .putAttr("T", Nodes.type(types.get(index)))
                    .build()));
  }

  private AttrValue parallel() {
    return enters.get(0).getAttrOrDefault("parallel_iterations", Nodes.integer(10));
  }

  /** The part of the frame that computes some tensors from the arguments. */
  private ExtractedFunction function(String name, List<String> results) throws Irregular {
    ExtractedFunction function = new ExtractedFunction(graph, name, enters.size());
    Set<String> open = new LinkedHashSet<>();
    for (String result : results) {
      function.addResult(read(function, open, result));
    }
    Set<String> done = new HashSet<>();
    while (!open.isEmpty()) {
      String next = open.iterator().next();
      open.remove(next);
      if (done.add(next)) {
        function.addNode(copy(function, open, members.get(next)));
      }
    }
    return function;
  }

  private NodeDef copy(ExtractedFunction function, Set<String> open, NodeDef node)
      throws Irregular {
    NodeDef.Builder copy = node.toBuilder().clearInput();
    for (String input : node.getInputList()) {
      if (!TensorName.isControl(input)) {
        copy.addInput(read(function, open, input));
      } else if (!gates.contains(TensorName.node(input))) {
        copy.addInput(input);
        open.add(member(TensorName.node(input)).getName());
      }
    }
    return copy.build();
  }

  private String read(ExtractedFunction function, Set<String> open, String tensor)
      throws Irregular {
    Integer argument = arguments.get(TensorName.canonical(tensor));
    if (argument != null) {
      return function.argument(argument);
    }
    String node = TensorName.node(tensor);
    if (gates.contains(node)) {
      throw new Irregular("an iteration reads " + tensor);
    }
    open.add(member(node).getName());
    return tensor;
  }

  private NodeDef member(String name) throws Irregular {
    NodeDef member = members.get(name);
    if (member == null || member.getOp().equals("NextIteration")) {
      throw new Irregular("an iteration reads " + name);
    }
    return member;
  }
}

package dev.belay.graph.imported.rewrite;

import dev.belay.graph.search.Reachable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.FunctionDef;
import org.tensorflow.proto.framework.GraphDef;
import org.tensorflow.proto.framework.NodeDef;

/**
 * Mutable nodes of a graph by name. Moved tensors are recorded: {@link #current} returns the tensor
 * that replaces another, and every consumer, by data or by control, follows when {@link #settle} is
 * called.
 */
public final class NodeGraph {
  private final GraphDef original;
  private final Map<String, NodeDef> nodes = new LinkedHashMap<>();
  private final Map<String, String> moved = new HashMap<>();
  private final Map<String, String> origins = new HashMap<>();
  private final Map<String, Integer> notes = new TreeMap<>();
  private final Map<String, FunctionDef> functions = new LinkedHashMap<>();
  private Map<String, List<NodeDef>> consumers;
  private TensorShapes shapes;

  /** The nodes of {@code graphDef}, which is not changed. */
  public NodeGraph(GraphDef graphDef) {
    this.original = graphDef;
    graphDef.getNodeList().forEach(node -> nodes.put(node.getName(), node));
    graphDef.getLibrary().getFunctionList().forEach(this::putFunction);
  }

  /** A snapshot of all nodes; the graph may change during iteration. */
  public List<NodeDef> nodes() {
    return new ArrayList<>(nodes.values());
  }

  /** A snapshot of the nodes of one op. */
  public List<NodeDef> nodes(String op) {
    return nodes.values().stream().filter(node -> node.getOp().equals(op)).toList();
  }

  /** The node of that name, or the one that a tensor belongs to. */
  public NodeDef node(String nameOrTensor) {
    NodeDef node = nodes.get(TensorName.node(nameOrTensor));
    if (node == null) {
      throw new IllegalArgumentException(
          "The graph names the node "
              + TensorName.node(nameOrTensor)
              + ", which is not among its "
              + nodes.size()
              + " nodes; the model was cut short or its functions were not fully expanded.");
    }
    return node;
  }

  /** Adds a node, or replaces the one of the same name. */
  public void put(NodeDef node) {
    nodes.put(node.getName(), node);
    consumers = null;
  }

  /** The function of that name, if the library has it. */
  public Optional<FunctionDef> function(String name) {
    return Optional.ofNullable(functions.get(name));
  }

  /** All functions of the library. */
  public List<FunctionDef> functions() {
    return List.copyOf(functions.values());
  }

  /** Adds a function to the library, or replaces the one of the same name. */
  public void putFunction(FunctionDef function) {
    functions.put(function.getSignature().getName(), function);
  }

  /** A name near {@code wanted} that no function has. */
  public String freshFunction(String wanted) {
    String name = wanted;
    for (int i = 1; functions.containsKey(name); i++) {
      name = wanted + "_" + i;
    }
    return name;
  }

  /** A name near {@code wanted} that no node has. */
  public String fresh(String wanted) {
    String name = wanted;
    for (int i = 1; nodes.containsKey(name); i++) {
      name = wanted + "_" + i;
    }
    return name;
  }

  /** Makes all readers of {@code from} read {@code to}. */
  public void move(String from, String to) {
    moved.put(TensorName.canonical(from), TensorName.canonical(to));
    origins.putIfAbsent(TensorName.canonical(to), TensorName.canonical(from));
  }

  /** Removes a node; its first output must have moved, and control edges follow it. */
  public void remove(String node) {
    nodes.remove(node);
    consumers = null;
  }

  /** The tensor that replaces another, through any number of moves. */
  public String current(String tensor) {
    String now = TensorName.canonical(tensor);
    while (moved.containsKey(now)) {
      now = moved.get(now);
    }
    return now;
  }

  /** Makes all consumers follow the tensors that moved. */
  public void settle() {
    for (NodeDef node : nodes()) {
      Set<String> controls = new LinkedHashSet<>();
      NodeDef.Builder followed = node.toBuilder().clearInput();
      for (String input : node.getInputList()) {
        if (!TensorName.isControl(input)) {
          followed.addInput(current(input));
        } else if (nodes.containsKey(TensorName.node(input))) {
          controls.add(input);
        } else {
          controls.add("^" + TensorName.node(current(TensorName.node(input))));
        }
      }
      followed.addAllInput(controls);
      if (!followed.getInputList().equals(node.getInputList())) {
        put(followed.build());
      }
    }
  }

  /** Nodes that read any output of a node, by data edges. */
  public List<NodeDef> consumers(String node) {
    if (consumers == null) {
      consumers = new HashMap<>();
      for (NodeDef consumer : nodes.values()) {
        Nodes.dataInputs(consumer).stream()
            .map(TensorName::node)
            .distinct()
            .forEach(
                read -> consumers.computeIfAbsent(read, key -> new ArrayList<>()).add(consumer));
      }
    }
    return consumers.getOrDefault(node, List.of());
  }

  /** Drops all nodes that the roots do not need, by data or by control. */
  public void prune(Collection<String> roots) {
    nodes.keySet().retainAll(needed(roots));
    consumers = null;
  }

  /** The nodes that the roots need, by data or by control, themselves included. */
  public Set<String> needed(Collection<String> roots) {
    return Reachable.from(
        TensorName.nodes(roots), name -> TensorName.nodes(node(name).getInputList()));
  }

  /** The tensor behind any number of Identity nodes. */
  public String behindIdentity(String tensor) {
    String name = current(tensor);
    while (node(name).getOp().equals("Identity")) {
      name = current(node(name).getInput(0));
    }
    return name;
  }

  /** Results of the native shape inference for tensors of the original graph. */
  TensorShapes shapes() {
    if (shapes == null) {
      shapes = TensorShapes.infer(original);
    }
    return shapes;
  }

  /** The shape of a tensor, or of one that it replaced. */
  public Shape shapeOf(String tensor) {
    Shape shape = shapes().of(tensor);
    for (String name = tensor; shape.isUnknown() && name != null; ) {
      name = origins.get(TensorName.canonical(name));
      shape = name == null ? shape : shapes().of(name);
    }
    return shape;
  }

  /** The type of a tensor that the graph began with. */
  public DataType typeOf(String tensor) {
    return shapes().type(tensor);
  }

  /** Counts a change for the notes. */
  public void note(String what) {
    notes.merge(what, 1, Integer::sum);
  }

  /** Adds the notes of another graph. */
  public void noteAll(NodeGraph other) {
    other.notes.forEach((what, times) -> notes.merge(what, times, Integer::sum));
  }

  /** The changes made: "4 ResourceGather: GatherV2 on the variable's one read". */
  public List<String> notes() {
    return notes.entrySet().stream().map(note -> note.getValue() + " " + note.getKey()).toList();
  }

  /** The current graph, with the original's versions. */
  public GraphDef toGraphDef() {
    GraphDef.Builder graph = original.toBuilder().clearNode().addAllNode(nodes.values());
    graph.getLibraryBuilder().clearFunction().addAllFunction(functions.values());
    return graph.build();
  }
}

package dev.belay.graph.memory;

import dev.belay.graph.search.Reachable;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tensorflow.Graph;
import org.tensorflow.Operation;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.GraphDef;
import org.tensorflow.proto.framework.NodeDef;

/**
 * Largest number of bytes that the tensors of one run of a graph have at the same time, without its
 * variables. Each node is taken to run as soon as its inputs are there, each tensor to be freed
 * after its last reader.
 */
public final class PeakMemory {
  /** Ops whose result is their first input, or a part of it, without a copy. */
  private static final Set<String> ALIASES =
      Set.of(
          "Identity",
          "StopGradient",
          "PreventGradient",
          "EnsureShape",
          "Reshape",
          "Squeeze",
          "ExpandDims",
          "Bitcast",
          "PlaceholderWithDefault");

  /** Ops that read the shape of a tensor alone; they run as soon as there is one. */
  private static final Set<String> OF_SHAPES = Set.of("Shape", "ShapeN", "Size", "Rank");

  /** Ops that hand on the memory of a variable. */
  private static final Set<String> OF_VARIABLES =
      Set.of("VarHandleOp", "ReadVariableOp", "VariableV2", "Const", "Placeholder");

  /** Ops that may write into the memory of an input that nothing else reads. */
  private static final Set<String> IN_PLACE =
      Set.of(
          "Add",
          "AddV2",
          "AddN",
          "Sub",
          "Mul",
          "RealDiv",
          "Div",
          "Neg",
          "Square",
          "Sqrt",
          "Rsqrt",
          "Erf",
          "Exp",
          "Tanh",
          "Sigmoid",
          "Relu",
          "Relu6",
          "Softmax",
          "BiasAdd",
          "TanhGrad",
          "SigmoidGrad",
          "ReluGrad",
          "Multiply",
          "Maximum",
          "Minimum",
          "Snapshot");

  private final Map<String, NodeDef> nodes = new LinkedHashMap<>();
  private final TensorSizes sizes;
  private final Map<String, String> buffers = new HashMap<>();
  private final Map<String, Integer> readers = new HashMap<>();
  private final Map<String, Long> held = new HashMap<>();
  private long now;
  private long peak;

  private PeakMemory(GraphDef graph, TensorSizes sizes) {
    graph.getNodeList().forEach(node -> nodes.put(node.getName(), node));
    this.sizes = sizes;
  }

  /**
   * The peak of a run.
   *
   * @param targets what is run
   * @param shapes of placeholders, by the names of their nodes
   * @param rows tokens of the batch
   */
  public static long of(
      Graph graph, Collection<Operation> targets, Map<String, Shape> shapes, long rows) {
    GraphDef definition = graph.toGraphDef();
    PeakMemory memory = new PeakMemory(definition, TensorSizes.of(definition, shapes, rows));
    return memory.run(targets.stream().map(Operation::name).toList());
  }

  private long run(List<String> targets) {
    Set<String> needed =
        Reachable.from(
            targets,
            name -> nodes.get(name).getInputList().stream().map(PeakMemory::node).toList());
    List<NodeDef> order = order(needed);
    for (NodeDef node : order) {
      alias(node);
    }
    for (NodeDef node : order) {
      if (!OF_SHAPES.contains(node.getOp())) {
        inputs(node).forEach(input -> readers.merge(buffer(input), 1, Integer::sum));
      }
    }
    order.forEach(this::step);
    return peak;
  }

  /** The nodes as the runtime takes them: first those that were ready first. */
  private List<NodeDef> order(Set<String> needed) {
    Map<String, Integer> missing = new HashMap<>();
    Map<String, List<String>> next = new HashMap<>();
    Deque<String> ready = new ArrayDeque<>();
    for (NodeDef node : nodes.values()) {
      if (needed.contains(node.getName())) {
        List<String> inputs =
            node.getInputList().stream().map(PeakMemory::node).distinct().toList();
        inputs.forEach(
            input -> next.computeIfAbsent(input, key -> new ArrayList<>()).add(node.getName()));
        missing.put(node.getName(), inputs.size());
        if (inputs.isEmpty()) {
          ready.add(node.getName());
        }
      }
    }
    List<NodeDef> order = new ArrayList<>();
    while (!ready.isEmpty()) {
      String name = ready.remove();
      order.add(nodes.get(name));
      for (String reader : next.getOrDefault(name, List.of())) {
        if (missing.merge(reader, -1, Integer::sum) == 0) {
          ready.add(reader);
        }
      }
    }
    return order;
  }

  private void alias(NodeDef node) {
    if (ALIASES.contains(node.getOp())) {
      buffers.put(node.getName() + ":0", buffer(inputs(node).get(0)));
    }
  }

  private void step(NodeDef node) {
    if (OF_SHAPES.contains(node.getOp())) {
      return;
    }
    boolean inPlace = IN_PLACE.contains(node.getOp());
    if (inPlace) {
      release(node);
    }
    if (!ALIASES.contains(node.getOp()) && !OF_VARIABLES.contains(node.getOp())) {
      for (int i = 0; i < sizes.outputs(node.getName()); i++) {
        String tensor = node.getName() + ":" + i;
        long bytes = sizes.of(node.getName(), i);
        now += bytes;
        held.put(tensor, bytes);
      }
      peak = Math.max(peak, now);
      for (int i = 0; i < sizes.outputs(node.getName()); i++) {
        String tensor = node.getName() + ":" + i;
        if (readers.getOrDefault(tensor, 0) == 0) {
          now -= held.remove(tensor);
        }
      }
    }
    if (!inPlace) {
      release(node);
    }
  }

  private void release(NodeDef node) {
    for (String input : inputs(node)) {
      String buffer = buffer(input);
      if (readers.merge(buffer, -1, Integer::sum) == 0 && held.containsKey(buffer)) {
        now -= held.remove(buffer);
      }
    }
  }

  private String buffer(String tensor) {
    return buffers.getOrDefault(tensor, tensor);
  }

  /** The tensors that a node reads, such as {@code NODE:0}. */
  private static List<String> inputs(NodeDef node) {
    List<String> inputs = new ArrayList<>();
    for (String input : node.getInputList()) {
      if (!input.startsWith("^")) {
        inputs.add(input.contains(":") ? input : input + ":0");
      }
    }
    return inputs;
  }

  /** The node of an input, whether of its tensor or of its end. */
  private static String node(String input) {
    String name = input.startsWith("^") ? input.substring(1) : input;
    return name.contains(":") ? name.substring(0, name.indexOf(':')) : name;
  }
}

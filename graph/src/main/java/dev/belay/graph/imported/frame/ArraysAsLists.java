package dev.belay.graph.imported.frame;

import dev.belay.graph.imported.rewrite.GraphRewrite;
import dev.belay.graph.imported.rewrite.NodeGraph;
import dev.belay.graph.imported.rewrite.Nodes;
import dev.belay.graph.imported.rewrite.TensorName;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.NodeDef;

/**
 * Makes the arrays of TensorFlow 1 lists. There an array is a resource, and a number without
 * meaning, the flow, leads from op to op that uses it, so that they run in order; here the list
 * takes the way of the flow. If one array is used otherwise, all of them stay.
 *
 * <p>Source of the form: {@code _GraphTensorArray} of {@code tensor_array_ops.py} of TensorFlow
 * 2.10.
 */
final class ArraysAsLists implements GraphRewrite {
  /** Ops that pass a flow on. */
  private static final Set<String> PASSING =
      Set.of("Enter", "Exit", "Switch", "Merge", "NextIteration", "Identity", "Select", "SelectV2");

  private static final Set<String> WRITING =
      Set.of("TensorArrayWriteV3", "TensorArrayScatterV3", "TensorArraySplitV3");

  private final Set<String> named;

  /**
   * @param named nodes or tensors that are named from outside the graph
   */
  ArraysAsLists(Collection<String> named) {
    this.named = Set.copyOf(TensorName.nodes(named));
  }

  @Override
  public void rewrite(NodeGraph graph) {
    List<NodeDef> arrays = graph.nodes(ArrayOps.ARRAY);
    if (arrays.isEmpty()) {
      return;
    }
    NodeGraph changed = new NodeGraph(graph.toGraphDef());
    try {
      Set<String> passing = passing(graph, arrays);
      Map<String, NodeDef> origins = new HashMap<>();
      for (NodeDef node : NodeOrder.of(graph)) {
        if (node.getOp().startsWith("TensorArray") && !node.getOp().equals(ArrayOps.ARRAY)) {
          origins.put(node.getName(), origin(graph, node.getInput(0)));
        }
      }
      replace(changed, arrays, origins);
      for (String name : passing) {
        NodeDef node = changed.node(name);
        changed.put(node.toBuilder().putAttr("T", Nodes.type(DataType.DT_VARIANT)).build());
      }
    } catch (Irregular e) {
      graph.note("TensorArrayV3 kept: " + e.getMessage());
      return;
    }
    changed.nodes().forEach(graph::put);
    graph.note("arrays of TensorFlow 1: lists");
  }

  private static void replace(NodeGraph graph, List<NodeDef> arrays, Map<String, NodeDef> origins)
      throws Irregular {
    List<NodeDef> order = NodeOrder.of(graph);
    for (NodeDef array : arrays) {
      NodeDef list = new ArrayOps(graph, array, array).replacement();
      graph.put(list);
      moveFlow(graph, array.getName());
    }
    for (NodeDef node : order) {
      if (origins.containsKey(node.getName())) {
        NodeDef now = graph.node(node.getName());
        graph.put(new ArrayOps(graph, now, origins.get(node.getName())).replacement());
      }
    }
  }

  /** The flow of an array was its second output; the list is the first. */
  private static void moveFlow(NodeGraph graph, String array) {
    for (NodeDef reader : graph.consumers(array)) {
      NodeDef.Builder moved = reader.toBuilder();
      for (int i = 0; i < reader.getInputCount(); i++) {
        if (reader.getInput(i).equals(array + ":1")) {
          moved.setInput(i, array);
        }
      }
      graph.put(moved.build());
    }
  }

  /** The nodes that pass flows on. */
  private Set<String> passing(NodeGraph graph, List<NodeDef> arrays) throws Irregular {
    Set<String> passing = new LinkedHashSet<>();
    Set<String> flows = new LinkedHashSet<>();
    Deque<String> open = new ArrayDeque<>();
    arrays.forEach(array -> open.add(array.getName() + ":1"));
    while (!open.isEmpty()) {
      String flow = open.remove();
      if (!flows.add(flow)) {
        continue;
      }
      if (named.contains(TensorName.node(flow)) && !isArrayOp(graph.node(flow))) {
        throw new Irregular(flow + " is an output of the model");
      }
      for (NodeDef reader : graph.consumers(TensorName.node(flow))) {
        for (int i = 0; i < reader.getInputCount(); i++) {
          if (!TensorName.canonical(reader.getInput(i)).equals(flow)) {
            continue;
          }
          if (PASSING.contains(reader.getOp())) {
            passing.add(reader.getName());
            open.add(reader.getName());
            if (reader.getOp().equals("Switch")) {
              open.add(reader.getName() + ":1");
            }
          } else if (ArrayOps.FLOW_INPUT.getOrDefault(reader.getOp(), -1) != i) {
            throw new Irregular(reader.getName() + " reads the flow of an array");
          } else if (WRITING.contains(reader.getOp())) {
            open.add(reader.getName());
          }
        }
      }
    }
    return passing;
  }

  private static boolean isArrayOp(NodeDef node) {
    return node.getOp().startsWith("TensorArray");
  }

  /** The node that made the array of a handle. */
  private static NodeDef origin(NodeGraph graph, String handle) throws Irregular {
    NodeDef node = graph.node(handle);
    while (Set.of("Enter", "Identity", "Switch").contains(node.getOp())) {
      node = graph.node(node.getInput(0));
    }
    if (!node.getOp().equals(ArrayOps.ARRAY)) {
      throw new Irregular(handle + " may be one of several arrays");
    }
    return node;
  }
}

package dev.belay.graph.imported.rewrite;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.NodeDef;

/**
 * Gives each variable that trains exactly one ReadVariableOp: the gradient of one of several reads
 * would be part of the variable's gradient only. Lookups in the variable (ResourceGather,
 * ResourceGatherNd), which the native runtime cannot differentiate, become lookups in that read.
 *
 * <p>Variables that do not train keep their reads, and the order of reads and assignments. Lookups
 * in those that nothing assigns become lookups in a read of their own: the native runtime asks for
 * the gradient of a lookup also where only its indices depend on what trains, such as positions
 * that follow from the length of a layer's output.
 */
public final class OneReadPerVariable implements GraphRewrite {
  private final Set<String> handles;
  private final Map<String, String> reads = new LinkedHashMap<>();
  private final Set<String> assigned = new HashSet<>();

  /**
   * @param handles VarHandleOp nodes of the variables that train
   */
  public OneReadPerVariable(Collection<String> handles) {
    this.handles = new LinkedHashSet<>(handles);
  }

  @Override
  public void rewrite(NodeGraph graph) {
    findAssigned(graph);
    for (NodeDef node : graph.nodes()) {
      switch (node.getOp()) {
        case "ReadVariableOp" -> merge(graph, node);
        case "ResourceGather" -> gather(graph, node);
        case "ResourceGatherNd" -> gatherNd(graph, node);
        default -> {}
      }
    }
    graph.settle();
  }

  /** Handle to its one read, for the variables that the graph reads. */
  public Map<String, String> reads() {
    return Map.copyOf(reads);
  }

  private void merge(NodeGraph graph, NodeDef node) {
    String handle = graph.behindIdentity(node.getInput(0));
    if (handles.contains(handle)) {
      graph.move(node.getName(), read(graph, handle, Nodes.type(node, "dtype")));
      graph.remove(node.getName());
    }
  }

  private void gather(NodeGraph graph, NodeDef node) {
    String axis = graph.fresh(node.getName() + "/axis");
    lookup(graph, node, "GatherV2", List.of(axis))
        .ifPresent(
            lookup -> {
              graph.put(Nodes.constant(axis, 0));
              lookup.putAttr("Taxis", Nodes.type(DataType.DT_INT32));
              if (node.containsAttr("batch_dims")) {
                lookup.putAttr("batch_dims", node.getAttrOrThrow("batch_dims"));
              }
              graph.put(lookup.build());
            });
  }

  private void gatherNd(NodeGraph graph, NodeDef node) {
    lookup(graph, node, "GatherNd", List.of()).ifPresent(lookup -> graph.put(lookup.build()));
  }

  /** The lookup of a node in a read of its variable; none where the order of reads matters. */
  private Optional<NodeDef.Builder> lookup(
      NodeGraph graph, NodeDef node, String op, List<String> operands) {
    String handle = graph.behindIdentity(node.getInput(0));
    boolean trains = handles.contains(handle);
    if (!trains && assigned.contains(handle)) {
      return Optional.empty();
    }
    DataType dtype = Nodes.type(node, "dtype");
    String read = trains ? read(graph, handle, dtype) : ownRead(graph, handle, dtype);
    graph.note(node.getOp() + ": " + op + " on a read of the variable");
    return Optional.of(
        Nodes.node(node.getName(), op, read, node.getInput(1))
            .addAllInput(operands)
            .addAllInput(Nodes.controlInputs(node))
            .putAttr("Tparams", Nodes.type(dtype))
            .putAttr("Tindices", node.getAttrOrThrow("Tindices")));
  }

  private String read(NodeGraph graph, String handle, DataType dtype) {
    return reads.computeIfAbsent(
        handle,
        key -> {
          String name = graph.fresh(handle + "/belay_read");
          graph.put(readOf(handle, name, dtype));
          return name;
        });
  }

  private static String ownRead(NodeGraph graph, String handle, DataType dtype) {
    String name = graph.fresh(handle + "/belay_lookup_read");
    graph.put(readOf(handle, name, dtype));
    return name;
  }

  private static NodeDef readOf(String handle, String name, DataType dtype) {
    return Nodes.node(name, "ReadVariableOp", handle)
        .putAttr("dtype", AttrValue.newBuilder().setType(dtype).build())
        .build();
  }

  /** A variable that the forward pass writes has no single value to differentiate by. */
  private void findAssigned(NodeGraph graph) {
    List<String> refused = new ArrayList<>();
    for (NodeDef node : graph.nodes()) {
      boolean assigns = node.getOp().startsWith("Assign") || node.getOp().startsWith("Resource");
      boolean reads = node.getOp().startsWith("ResourceGather");
      if (assigns && !reads && node.getInputCount() > 0) {
        String handle = graph.behindIdentity(node.getInput(0));
        assigned.add(handle);
        if (handles.contains(handle)) {
          refused.add(handle + " (by " + node.getOp() + " " + node.getName() + ")");
        }
      }
    }
    if (!refused.isEmpty()) {
      throw new UnsupportedGraphException(
          "The model's forward pass changes variables that should train, so that there is no one"
              + " value to take a gradient by: "
              + String.join(", ", refused)
              + ". Freeze them, or train through a function that does not assign them.");
    }
  }
}

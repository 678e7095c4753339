package dev.belay.graph.imported.rewrite;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.NodeDef;

/**
 * Gives each variable that trains exactly one ReadVariableOp: the gradient of one of several reads
 * would be part of the variable's gradient only. Lookups in the variable (ResourceGather,
 * ResourceGatherNd), which the native runtime cannot differentiate, become lookups in that read.
 *
 * <p>Variables that do not train keep their reads, and the order of reads and assignments.
 */
public final class OneReadPerVariable implements GraphRewrite {
  private final Set<String> handles;
  private final Map<String, String> reads = new LinkedHashMap<>();

  /**
   * @param handles VarHandleOp nodes of the variables that train
   */
  public OneReadPerVariable(Collection<String> handles) {
    this.handles = new LinkedHashSet<>(handles);
  }

  @Override
  public void rewrite(NodeGraph graph) {
    refuseAssigned(graph);
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
    String handle = graph.behindIdentity(node.getInput(0));
    if (!handles.contains(handle)) {
      return;
    }
    DataType dtype = Nodes.type(node, "dtype");
    String axis = graph.fresh(node.getName() + "/axis");
    graph.put(Nodes.constant(axis, 0));
    NodeDef.Builder lookup =
        Nodes.node(node.getName(), "GatherV2", read(graph, handle, dtype), node.getInput(1), axis)
            .addAllInput(Nodes.controlInputs(node))
            .putAttr("Tparams", Nodes.type(dtype))
            .putAttr("Tindices", node.getAttrOrThrow("Tindices"))
            .putAttr("Taxis", Nodes.type(DataType.DT_INT32));
    if (node.containsAttr("batch_dims")) {
      lookup.putAttr("batch_dims", node.getAttrOrThrow("batch_dims"));
    }
    graph.put(lookup.build());
    graph.note("ResourceGather: GatherV2 on the variable's one read");
  }

  private void gatherNd(NodeGraph graph, NodeDef node) {
    String handle = graph.behindIdentity(node.getInput(0));
    if (!handles.contains(handle)) {
      return;
    }
    DataType dtype = Nodes.type(node, "dtype");
    graph.put(
        Nodes.node(node.getName(), "GatherNd", read(graph, handle, dtype), node.getInput(1))
            .addAllInput(Nodes.controlInputs(node))
            .putAttr("Tparams", Nodes.type(dtype))
            .putAttr("Tindices", node.getAttrOrThrow("Tindices"))
            .build());
    graph.note("ResourceGatherNd: GatherNd on the variable's one read");
  }

  private String read(NodeGraph graph, String handle, DataType dtype) {
    return reads.computeIfAbsent(
        handle,
        key -> {
          String name = graph.fresh(handle + "/belay_read");
          graph.put(
              Nodes.node(name, "ReadVariableOp", handle)
                  .putAttr("dtype", AttrValue.newBuilder().setType(dtype).build())
                  .build());
          return name;
        });
  }

  /** A variable that the forward pass writes has no single value to differentiate by. */
  private void refuseAssigned(NodeGraph graph) {
    List<String> assigned = new ArrayList<>();
    for (NodeDef node : graph.nodes()) {
      boolean assigns = node.getOp().startsWith("Assign") || node.getOp().startsWith("Resource");
      boolean reads = node.getOp().startsWith("ResourceGather");
      if (assigns && !reads && node.getInputCount() > 0) {
        String handle = graph.behindIdentity(node.getInput(0));
        if (handles.contains(handle)) {
          assigned.add(handle + " (by " + node.getOp() + " " + node.getName() + ")");
        }
      }
    }
    if (!assigned.isEmpty()) {
      throw new UnsupportedGraphException(
          "The model's forward pass changes variables that should train, so that there is no one"
              + " value to take a gradient by: "
              + String.join(", ", assigned)
              + ". Freeze them, or train through a function that does not assign them.");
    }
  }
}

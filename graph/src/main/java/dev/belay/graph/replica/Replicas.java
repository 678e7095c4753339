package dev.belay.graph.replica;

import dev.belay.graph.internal.Placement;
import dev.belay.graph.stage.AllReduce;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operation;
import org.tensorflow.Output;
import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.GraphDef;
import org.tensorflow.proto.framework.NodeDef;

/**
 * Copies of a training step in its own graph, one for each device, which add up their gradients by
 * the step's {@link AllReduce} and so make the same update. Each has its own variables and slots;
 * an assignment must be made in all of them. The graph owns the nodes.
 */
public final class Replicas {
  /** Attributes by which nodes share state at run time, which copies must not share. */
  private static final Set<String> SHARED = Set.of("shared_name", "frame_name");

  private final Graph graph;
  private final List<String> prefixes;

  private Replicas(Graph graph, List<String> prefixes) {
    this.graph = graph;
    this.prefixes = prefixes;
  }

  /**
   * Places the nodes of a graph on the first device and a copy of them on each other one. Call it
   * when the step is complete and no session has used it.
   *
   * @param devices such as {@code /device:GPU:0}, one for each replica
   */
  public static Replicas of(Graph graph, List<String> devices) {
    if (devices.isEmpty() || Set.copyOf(devices).size() < devices.size()) {
      throw new IllegalArgumentException(
          "Replicas need devices, each once, such as /device:GPU:0; found " + devices + ".");
    }
    GraphDef original = graph.toGraphDef();
    Placement.place(graph, devices.get(0));
    List<String> prefixes = new ArrayList<>(List.of(""));
    for (int i = 1; i < devices.size(); i++) {
      String prefix = "replica_" + i;
      graph.importGraphDef(copy(original, prefix, devices.get(i)), prefix);
      prefixes.add(prefix + "/");
    }
    return new Replicas(graph, prefixes);
  }

  /** The graph as it is, on whatever devices TensorFlow chooses. */
  public static Replicas single(Graph graph) {
    return new Replicas(graph, List.of(""));
  }

  private static GraphDef copy(GraphDef original, String prefix, String device) {
    GraphDef.Builder copy = original.toBuilder();
    for (NodeDef.Builder node : copy.getNodeBuilderList()) {
      if (node.getDevice().isEmpty()) {
        node.setDevice(device);
      }
      for (String name : SHARED) {
        AttrValue value = node.getAttrMap().get(name);
        if (value != null && !value.getS().isEmpty()) {
          String own = prefix + "/" + value.getS().toStringUtf8();
          node.putAttr(
              name,
              AttrValue.newBuilder()
                  .setS(com.google.protobuf.ByteString.copyFromUtf8(own))
                  .build());
        }
      }
    }
    return copy.build();
  }

  /** The number of replicas. */
  public int count() {
    return prefixes.size();
  }

  /** The counterpart in a replica of an operation of the first. */
  public Operation in(int replica, Operation first) {
    GraphOperation found = graph.operation(prefixes.get(replica) + first.name());
    if (found == null) {
      throw new IllegalArgumentException(
          "Replica " + replica + " has no " + first.name() + ": it was added after the copy.");
    }
    return found;
  }

  /** The counterpart in a replica of a tensor of the first. */
  public Output<?> in(int replica, Output<?> first) {
    return ((GraphOperation) in(replica, first.op())).output(first.index());
  }
}

package dev.belay.graph.imported.loop;

import dev.belay.graph.imported.rewrite.NodeGraph;
import dev.belay.graph.imported.rewrite.Nodes;
import org.tensorflow.proto.framework.DataType;

/** Stops the native gradient at tensors. */
final class Cuts {
  private Cuts() {}

  /** Adds a node that passes a tensor on, and no gradient of it. */
  static String stop(NodeGraph graph, String near, String tensor, DataType type) {
    String name = graph.fresh(near + "/cut");
    graph.put(Nodes.node(name, "StopGradient", tensor).putAttr("T", Nodes.type(type)).build());
    return name;
  }
}

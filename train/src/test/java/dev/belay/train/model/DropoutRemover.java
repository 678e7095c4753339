package dev.belay.train.model;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.GraphDef;
import org.tensorflow.proto.framework.NodeDef;
import org.tensorflow.proto.framework.TensorProto;

/**
 * Makes a training trace comparable with goldens that have no dropout: every random number becomes
 * 1, so that nothing is dropped, and the scale that makes up for what is dropped becomes 1 too.
 */
final class DropoutRemover {
  private final Map<String, NodeDef> nodes = new LinkedHashMap<>();
  private final Map<String, NodeDef> consumers = new HashMap<>();
  private int removed;

  private DropoutRemover(GraphDef graph) {
    for (NodeDef node : graph.getNodeList()) {
      nodes.put(node.getName(), node);
      node.getInputList().forEach(input -> consumers.put(input, node));
    }
  }

  /** How many dropouts were found, and the graph without them. */
  record Removed(int count, GraphDef graph) {}

  static Removed remove(GraphDef graph) {
    DropoutRemover remover = new DropoutRemover(graph);
    graph.getNodeList().forEach(remover::remove);
    return new Removed(
        remover.removed, graph.toBuilder().clearNode().addAllNode(remover.nodes.values()).build());
  }

  /** mul_1 = mul(x, scale) * cast(random >= rate). */
  private void remove(NodeDef random) {
    if (!random.getOp().equals("RandomUniform")) {
      return;
    }
    removed++;
    put(constant(random.getName() + "/one", 1));
    put(
        NodeDef.newBuilder()
            .setName(random.getName())
            .setOp("Fill")
            .addInput(random.getInput(0))
            .addInput(random.getName() + "/one")
            .putAttr("T", type(DataType.DT_FLOAT))
            .putAttr("index_type", random.getAttrOrThrow("T"))
            .build());
    NodeDef kept = consumers.get(random.getName());
    NodeDef cast = consumers.get(kept.getName());
    NodeDef product = consumers.get(cast.getName());
    NodeDef scaled = nodes.get(product.getInput(0));
    put(constant(nodes.get(scaled.getInput(1)).getName(), 1));
  }

  private void put(NodeDef node) {
    nodes.put(node.getName(), node);
  }

  private static NodeDef constant(String name, float value) {
    return NodeDef.newBuilder()
        .setName(name)
        .setOp("Const")
        .putAttr("dtype", type(DataType.DT_FLOAT))
        .putAttr(
            "value",
            AttrValue.newBuilder()
                .setTensor(TensorProto.newBuilder().setDtype(DataType.DT_FLOAT).addFloatVal(value))
                .build())
        .build();
  }

  private static AttrValue type(DataType type) {
    return AttrValue.newBuilder().setType(type).build();
  }
}

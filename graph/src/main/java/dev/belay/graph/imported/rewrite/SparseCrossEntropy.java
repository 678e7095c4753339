package dev.belay.graph.imported.rewrite;

import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.NodeDef;

/**
 * Turns SparseSoftmaxCrossEntropyWithLogits, which the native runtime cannot differentiate, into
 * its definition: SoftmaxCrossEntropyWithLogits against one-hot labels.
 *
 * <p>The original stays as a control input, for its check: a label outside the classes is an error,
 * where its one-hot form would be zeros and a loss of zero.
 */
public final class SparseCrossEntropy implements GraphRewrite {
  static final String OP = "SparseSoftmaxCrossEntropyWithLogits";

  @Override
  public void rewrite(NodeGraph graph) {
    for (NodeDef node : graph.nodes(OP)) {
      AttrValue type = node.getAttrOrThrow("T");
      AttrValue labelType =
          node.getAttrOrDefault("Tlabels", Nodes.type(DataType.DT_INT64)); // the op's default
      String logits = node.getInput(0);
      String prefix = node.getName();
      NodeDef classes = lastDimension(graph, logits, prefix, type);
      NodeDef one = Nodes.constant(graph.fresh(prefix + "/on"), type.getType(), 1);
      NodeDef zero = Nodes.constant(graph.fresh(prefix + "/off"), type.getType(), 0);
      NodeDef hot =
          Nodes.node(
                  graph.fresh(prefix + "/one_hot"),
                  "OneHot",
                  node.getInput(1),
                  classes.getName(),
                  one.getName(),
                  zero.getName())
              .putAttr("T", type)
              .putAttr("TI", labelType)
              .putAttr("axis", Nodes.integer(-1))
              .build();
      graph.put(one);
      graph.put(zero);
      graph.put(hot);
      NodeDef check = node.toBuilder().setName(graph.fresh(prefix + "/label_check")).build();
      graph.put(check);
      graph.put(
          Nodes.node(prefix, "SoftmaxCrossEntropyWithLogits", logits, hot.getName())
              .addAllInput(Nodes.controlInputs(node))
              .addInput("^" + check.getName())
              .putAttr("T", type)
              .build());
      graph.note(OP + ": SoftmaxCrossEntropyWithLogits of one-hot labels");
    }
  }

  /** Adds the nodes that give the size of a tensor's last dimension. */
  private static NodeDef lastDimension(
      NodeGraph graph, String tensor, String prefix, AttrValue type) {
    NodeDef shape =
        Nodes.node(graph.fresh(prefix + "/shape"), "Shape", tensor)
            .putAttr("T", type)
            .putAttr("out_type", Nodes.type(DataType.DT_INT32))
            .build();
    NodeDef last = Nodes.constant(graph.fresh(prefix + "/last"), 1);
    NodeDef axis = Nodes.constant(graph.fresh(prefix + "/last_axis"), 0);
    NodeDef size =
        Nodes.node(
                graph.fresh(prefix + "/classes"),
                "GatherV2",
                shape.getName(),
                last.getName(),
                axis.getName())
            .putAttr("Tparams", Nodes.type(DataType.DT_INT32))
            .putAttr("Tindices", Nodes.type(DataType.DT_INT32))
            .putAttr("Taxis", Nodes.type(DataType.DT_INT32))
            .build();
    graph.put(shape);
    graph.put(last);
    graph.put(axis);
    graph.put(size);
    return size;
  }
}

package dev.belay.graph.imported.rewrite;

import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.NodeDef;

/**
 * Replaces SparseSoftmaxCrossEntropyWithLogits, which the native runtime cannot differentiate, by
 * its definition: SoftmaxCrossEntropyWithLogits against one-hot labels.
 *
 * <p>The original's check of its labels becomes an Assert: in the one-hot form a label outside the
 * classes would be zeros and its loss 0.
 */
public final class SparseCrossEntropy implements GraphRewrite {
  static final String OP = "SparseSoftmaxCrossEntropyWithLogits";

  @Override
  public void rewrite(NodeGraph graph) {
    for (NodeDef node : graph.nodes(OP)) {
      new OneHotForm(graph, node).replace();
      graph.note(OP + ": SoftmaxCrossEntropyWithLogits of one-hot labels");
    }
  }

  /** The nodes that replace one original: logits [N, C], labels [N]. */
  private static final class OneHotForm {
    private static final AttrValue INT32 = Nodes.type(DataType.DT_INT32);

    private final NodeGraph graph;
    private final NodeDef node;
    private final AttrValue type;
    private final AttrValue labelType;
    private final String logits;
    private final String labels;

    OneHotForm(NodeGraph graph, NodeDef node) {
      this.graph = graph;
      this.node = node;
      this.type = node.getAttrOrThrow("T");
      this.labelType = node.getAttrOrDefault("Tlabels", Nodes.type(DataType.DT_INT64));
      this.logits = node.getInput(0);
      this.labels = node.getInput(1);
    }

    void replace() {
      String classes = classes();
      String check = check(classes);
      Substitute write = new Substitute(graph, node);
      String one = write.constant("on", 1);
      String zero = write.constant("off", 0);
      String hot =
          put(
              Nodes.node(name("one_hot"), "OneHot", labels, classes, one, zero)
                  .putAttr("T", type)
                  .putAttr("TI", labelType)
                  .putAttr("axis", Nodes.integer(-1))
                  .build());
      graph.put(
          Nodes.node(node.getName(), "SoftmaxCrossEntropyWithLogits", logits, hot)
              .addAllInput(Nodes.controlInputs(node))
              .addInput("^" + check)
              .putAttr("T", type)
              .build());
    }

    /** C, an int32 scalar. */
    private String classes() {
      String shape =
          put(
              Nodes.node(name("shape"), "Shape", logits)
                  .putAttr("T", type)
                  .putAttr("out_type", INT32)
                  .build());
      String last = put(Nodes.constant(name("last"), 1));
      String axis = put(Nodes.constant(name("last_axis"), 0));
      return put(
          Nodes.node(name("classes"), "GatherV2", shape, last, axis)
              .putAttr("Tparams", INT32)
              .putAttr("Tindices", INT32)
              .putAttr("Taxis", INT32)
              .build());
    }

    /** Fails if a label is below 0, or C or more. */
    private String check(String classes) {
      String bound = cast(classes, INT32, "bound");
      String zero = cast(put(Nodes.constant(name("zero"), 0)), INT32, "lowest");
      String low = put(comparison("not_below", "GreaterEqual", zero));
      String high = put(comparison("not_above", "Less", bound));
      String valid = put(Nodes.node(name("valid"), "LogicalAnd", low, high).build());
      String axis = put(Nodes.constant(name("label_axis"), 0));
      String all =
          put(Nodes.node(name("all_valid"), "All", valid, axis).putAttr("Tidx", INT32).build());
      return put(
          Nodes.node(name("label_check"), "Assert", all, labels)
              .putAttr(
                  "T",
                  AttrValue.newBuilder()
                      .setList(AttrValue.ListValue.newBuilder().addType(labelType.getType()))
                      .build())
              .build());
    }

    private NodeDef comparison(String suffix, String op, String bound) {
      return Nodes.node(name(suffix), op, labels, bound).putAttr("T", labelType).build();
    }

    private String cast(String tensor, AttrValue from, String suffix) {
      return put(
          Nodes.node(name(suffix), "Cast", tensor)
              .putAttr("SrcT", from)
              .putAttr("DstT", labelType)
              .build());
    }

    private String name(String suffix) {
      return graph.fresh(node.getName() + "/" + suffix);
    }

    private String put(NodeDef added) {
      graph.put(added);
      return added.getName();
    }
  }
}

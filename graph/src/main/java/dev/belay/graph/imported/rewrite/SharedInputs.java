package dev.belay.graph.imported.rewrite;

import dev.belay.graph.loss.SparseSoftmaxCrossEntropy;
import dev.belay.graph.search.NodeNames;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.NodeDef;

/**
 * Replaces placeholders by the value of others: inputs that two functions have in common are fed
 * once, and labels are fed to the model and to Belay's own count of them at once.
 */
public final class SharedInputs implements GraphRewrite {
  private final Map<String, String> shared;
  private final List<String> labels;
  private final OptionalInt labelPadding;

  /**
   * @param shared tensors of placeholders by the tensors that replace them
   * @param labels tensors of placeholders of the model's labels, all of one shape
   * @param labelPadding value in place of -100
   */
  public SharedInputs(Map<String, String> shared, List<String> labels, OptionalInt labelPadding) {
    this.shared = shared;
    this.labels = labels;
    this.labelPadding = labelPadding;
  }

  @Override
  public void rewrite(NodeGraph graph) {
    shared.forEach((input, source) -> replace(graph, input, source, type(graph.node(source))));
    if (!labels.isEmpty()) {
      feedLabels(graph);
    }
  }

  private void feedLabels(NodeGraph graph) {
    NodeDef first = graph.node(labels.get(0));
    boolean classes =
        switch (type(first)) {
          case DT_INT32, DT_INT64 -> true;
          default -> false;
        };
    DataType type = classes ? DataType.DT_INT32 : DataType.DT_FLOAT;
    graph.put(
        first.toBuilder().setName(NodeNames.LABELS).putAttr("dtype", Nodes.type(type)).build());
    String fed =
        classes && labelPadding.isPresent()
            ? padded(graph, labelPadding.getAsInt())
            : NodeNames.LABELS;
    labels.forEach(input -> replace(graph, input, fed, type));
  }

  /** The labels with another number than -100 where there are none. */
  private static String padded(NodeGraph graph, int padding) {
    String scope = NodeNames.LABELS + "_padded";
    NodeDef ignored =
        Nodes.constant(graph.fresh(scope + "/ignored"), SparseSoftmaxCrossEntropy.IGNORED_LABEL);
    NodeDef value = Nodes.constant(graph.fresh(scope + "/value"), padding);
    NodeDef none =
        Nodes.node(graph.fresh(scope + "/none"), "Equal", NodeNames.LABELS, ignored.getName())
            .putAttr("T", Nodes.type(DataType.DT_INT32))
            .build();
    NodeDef all =
        Nodes.node(
                graph.fresh(scope), "SelectV2", none.getName(), value.getName(), NodeNames.LABELS)
            .putAttr("T", Nodes.type(DataType.DT_INT32))
            .build();
    List.of(ignored, value, none, all).forEach(graph::put);
    return all.getName();
  }

  private static void replace(NodeGraph graph, String input, String source, DataType from) {
    DataType to = type(graph.node(input));
    String name = TensorName.node(input);
    graph.put(
        from == to
            ? Nodes.node(name, "Identity", source).putAttr("T", Nodes.type(to)).build()
            : Nodes.node(name, "Cast", source)
                .putAttr("SrcT", Nodes.type(from))
                .putAttr("DstT", Nodes.type(to))
                .putAttr("Truncate", Nodes.bool(false))
                .build());
  }

  private static DataType type(NodeDef placeholder) {
    return Nodes.type(placeholder, "dtype");
  }
}

package dev.belay.graph.imported.position;

import dev.belay.graph.imported.position.RowRules.Reads;
import dev.belay.graph.imported.rewrite.NodeGraph;
import dev.belay.graph.imported.rewrite.Nodes;
import dev.belay.graph.imported.rewrite.TensorName;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.NodeDef;

/** Copies a region for its first position alone. */
final class RowCopy {
  private static final AttrValue INT32 = Nodes.type(DataType.DT_INT32);

  private final NodeGraph graph;
  private final RowRegion region;
  private final List<String> added;
  private final Map<String, String> copies = new HashMap<>();

  /**
   * @param added receives the names of all new nodes
   */
  RowCopy(NodeGraph graph, RowRegion region, List<String> added) {
    this.graph = graph;
    this.region = region;
    this.added = added;
  }

  /** The first position of a tensor that the region wants. */
  String of(String tensor) {
    String known = copies.get(tensor);
    if (known != null) {
      return known;
    }
    Optional<Reads> reads = region.reads(tensor);
    String copy = reads.isPresent() ? copied(tensor, reads.get()) : sliced(tensor);
    copies.put(tensor, copy);
    return copy;
  }

  private String copied(String tensor, Reads reads) {
    NodeDef node = graph.node(tensor);
    NodeDef.Builder copy = node.toBuilder();
    for (int input : reads.rows().keySet()) {
      copy.setInput(input, of(graph.current(node.getInput(input))));
    }
    reads
        .shape()
        .ifPresent(input -> copy.setInput(input, shape(graph.current(node.getInput(input)))));
    return put(copy);
  }

  /** A shape with one position, from the shapes of what is copied. */
  private String shape(String tensor) {
    String known = copies.get("shape " + tensor);
    if (known != null) {
      return known;
    }
    NodeDef node = graph.node(tensor);
    NodeDef.Builder copy = node.toBuilder();
    boolean changed = false;
    List<String> inputs = Nodes.dataInputs(node);
    for (int i = 0; i < inputs.size(); i++) {
      String input = graph.current(inputs.get(i));
      String own =
          !node.getOp().equals("Shape") ? shape(input) : region.wants(input) ? of(input) : input;
      changed |= !own.equals(input);
      copy.setInput(i, own);
    }
    String shape = changed ? put(copy) : tensor;
    copies.put("shape " + tensor, shape);
    return shape;
  }

  private String sliced(String tensor) {
    int axis = region.rows(tensor).axis().getAsInt();
    int[] begin = new int[axis + 1];
    int[] end = new int[axis + 1];
    int[] strides = new int[axis + 1];
    end[axis] = 1;
    Arrays.fill(strides, 1);
    long others = (1L << axis) - 1;
    return put(
        Nodes.node(
                TensorName.node(tensor),
                "StridedSlice",
                tensor,
                vector(tensor, "begin", begin),
                vector(tensor, "end", end),
                vector(tensor, "strides", strides))
            .putAttr("T", type(tensor))
            .putAttr("Index", INT32)
            .putAttr("begin_mask", Nodes.integer(others))
            .putAttr("end_mask", Nodes.integer(others))
            .putAttr("shrink_axis_mask", Nodes.integer(0))
            .putAttr("ellipsis_mask", Nodes.integer(0))
            .putAttr("new_axis_mask", Nodes.integer(0)));
  }

  private String vector(String tensor, String what, int... values) {
    return put(Nodes.vector(TensorName.node(tensor) + "/" + what, values).toBuilder());
  }

  private AttrValue type(String tensor) {
    return Nodes.type(graph.typeOf(tensor));
  }

  private String put(NodeDef.Builder node) {
    String name = graph.fresh(TensorName.node(node.getName()) + "/first");
    graph.put(node.setName(name).build());
    added.add(name);
    return name;
  }
}

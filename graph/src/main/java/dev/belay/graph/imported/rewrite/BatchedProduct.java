package dev.belay.graph.imported.rewrite;

import java.util.ArrayList;
import java.util.List;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.NodeDef;

/**
 * Turns BatchMatMulV2 and V3, which the native runtime cannot differentiate, into ops with the same
 * product.
 *
 * <ul>
 *   <li>BatchMatMul, which does not broadcast, where both operands provably have the same batch
 *       dimensions;
 *   <li>BroadcastTo before BatchMatMul where they may have the same, as far as the shapes are
 *       known: if they do, as in all attention, BroadcastTo passes its operand on without a copy;
 *   <li>Einsum where they certainly differ, or their number does.
 * </ul>
 *
 * <p>Einsum would work for all, but the runtime computes it without oneDNN: attention of a model
 * with an unknown batch size took twice the time.
 */
public final class BatchedProduct implements GraphRewrite {

  @Override
  public void rewrite(NodeGraph graph) {
    for (NodeDef node : graph.nodes()) {
      if (node.getOp().equals("BatchMatMulV2") || node.getOp().equals("BatchMatMulV3")) {
        replace(graph, node);
      }
    }
  }

  private static void replace(NodeGraph graph, NodeDef node) {
    AttrValue type = operandType(node);
    Shape x = graph.shapes().of(node.getInput(0));
    Shape y = graph.shapes().of(node.getInput(1));
    NodeDef product =
        switch (batches(x, y)) {
          case SAME -> product(node, type, node.getInputList());
          case PERHAPS_SAME -> product(node, type, broadcast(graph, node, type));
          case DIFFERENT -> einsum(node, type);
        };
    graph.put(product);
    graph.note(node.getOp() + ": " + product.getOp());
  }

  private static NodeDef product(NodeDef node, AttrValue type, List<String> inputs) {
    return Nodes.node(node.getName(), "BatchMatMul")
        .addAllInput(inputs)
        .putAttr("T", type)
        .putAttr("adj_x", Nodes.bool(Nodes.flag(node, "adj_x")))
        .putAttr("adj_y", Nodes.bool(Nodes.flag(node, "adj_y")))
        .build();
  }

  private static NodeDef einsum(NodeDef node, AttrValue type) {
    String x = Nodes.flag(node, "adj_x") ? "ji" : "ij";
    String y = Nodes.flag(node, "adj_y") ? "kj" : "jk";
    return Nodes.node(node.getName(), "Einsum")
        .addAllInput(node.getInputList())
        .putAttr("T", type)
        .putAttr("N", Nodes.integer(2))
        .putAttr("equation", Nodes.text("..." + x + ",..." + y + "->...ik"))
        .build();
  }

  /** Both operands with the batch dimensions of the product, and the node's control inputs. */
  private static List<String> broadcast(NodeGraph graph, NodeDef node, AttrValue type) {
    ShapeNodes x = new ShapeNodes(graph, node.getName() + "/x", node.getInput(0), type);
    ShapeNodes y = new ShapeNodes(graph, node.getName() + "/y", node.getInput(1), type);
    String batch = graph.fresh(node.getName() + "/batch");
    graph.put(
        Nodes.node(batch, "BroadcastArgs", x.batch(), y.batch())
            .putAttr("T", Nodes.type(DataType.DT_INT32))
            .build());
    List<String> inputs = new ArrayList<>(List.of(x.broadcastTo(batch), y.broadcastTo(batch)));
    inputs.addAll(Nodes.controlInputs(node));
    return inputs;
  }

  /** Adds the nodes that split the shape of one operand and change its batch dimensions. */
  private record ShapeNodes(NodeGraph graph, String name, String operand, AttrValue type) {

    String batch() {
      return slice("batch", 0, -2, 1, 0);
    }

    String broadcastTo(String batch) {
      String axis = put(Nodes.constant(graph.fresh(name + "/axis"), 0));
      String shape =
          put(
              Nodes.node(
                      graph.fresh(name + "/wanted"),
                      "ConcatV2",
                      batch,
                      slice("matrix", -2, 0, 0, 1),
                      axis)
                  .putAttr("N", Nodes.integer(2))
                  .putAttr("T", Nodes.type(DataType.DT_INT32))
                  .putAttr("Tidx", Nodes.type(DataType.DT_INT32))
                  .build());
      return put(
          Nodes.node(graph.fresh(name + "/broadcast"), "BroadcastTo", operand, shape)
              .putAttr("T", type)
              .putAttr("Tidx", Nodes.type(DataType.DT_INT32))
              .build());
    }

    private String slice(String part, int begin, int end, int beginMask, int endMask) {
      String shape =
          put(
              Nodes.node(graph.fresh(name + "/shape"), "Shape", operand)
                  .putAttr("T", type)
                  .putAttr("out_type", Nodes.type(DataType.DT_INT32))
                  .build());
      String from = put(Nodes.vector(graph.fresh(name + "/begin"), begin));
      String to = put(Nodes.vector(graph.fresh(name + "/end"), end));
      String stride = put(Nodes.vector(graph.fresh(name + "/stride"), 1));
      return put(
          Nodes.node(graph.fresh(name + "/" + part), "StridedSlice", shape, from, to, stride)
              .putAttr("T", Nodes.type(DataType.DT_INT32))
              .putAttr("Index", Nodes.type(DataType.DT_INT32))
              .putAttr("begin_mask", Nodes.integer(beginMask))
              .putAttr("end_mask", Nodes.integer(endMask))
              .putAttr("ellipsis_mask", Nodes.integer(0))
              .putAttr("new_axis_mask", Nodes.integer(0))
              .putAttr("shrink_axis_mask", Nodes.integer(0))
              .build());
    }

    private String put(NodeDef node) {
      graph.put(node);
      return node.getName();
    }
  }

  private static AttrValue operandType(NodeDef node) {
    if (node.containsAttr("T")) {
      return node.getAttrOrThrow("T");
    }
    AttrValue x = node.getAttrOrThrow("Ta");
    if (!x.equals(node.getAttrOrThrow("Tb")) || !x.equals(node.getAttrOrThrow("Tout"))) {
      throw new UnsupportedGraphException(
          "The product "
              + node.getName()
              + " multiplies "
              + x.getType()
              + " by "
              + Nodes.type(node, "Tb")
              + " into "
              + Nodes.type(node, "Tout")
              + "; only products of one type can be trained through.");
    }
    return x;
  }

  /** Relation of two operands' batch dimensions, as far as it is known. */
  private enum Batches {
    SAME,
    PERHAPS_SAME,
    DIFFERENT
  }

  private static Batches batches(Shape x, Shape y) {
    if (x.isUnknown() || y.isUnknown() || x.numDimensions() != y.numDimensions()) {
      return Batches.DIFFERENT;
    }
    Batches batches = Batches.SAME;
    for (int i = 0; i < x.numDimensions() - 2; i++) {
      if (x.get(i) == Shape.UNKNOWN_SIZE || y.get(i) == Shape.UNKNOWN_SIZE) {
        batches = Batches.PERHAPS_SAME;
      } else if (x.get(i) != y.get(i)) {
        return Batches.DIFFERENT;
      }
    }
    return batches;
  }
}

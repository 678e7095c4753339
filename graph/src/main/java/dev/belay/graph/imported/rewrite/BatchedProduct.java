package dev.belay.graph.imported.rewrite;

import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.NodeDef;

/**
 * Turns BatchMatMulV2 and V3, which the native runtime cannot differentiate, into ops with the same
 * product: BatchMatMul where both operands provably have the same batch dimensions, else Einsum,
 * which broadcasts them and whose gradient sums over what was broadcast.
 *
 * <p>The two cost the same at the sizes of real attention; the first saves a few small ops where
 * tensors are tiny.
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
    boolean adjointX = Nodes.flag(node, "adj_x");
    boolean adjointY = Nodes.flag(node, "adj_y");
    NodeDef.Builder product =
        NodeDef.newBuilder()
            .setName(node.getName())
            .addAllInput(node.getInputList())
            .putAttr("T", type);
    if (sameBatch(graph.shapes().of(node.getInput(0)), graph.shapes().of(node.getInput(1)))) {
      product
          .setOp("BatchMatMul")
          .putAttr("adj_x", Nodes.bool(adjointX))
          .putAttr("adj_y", Nodes.bool(adjointY));
    } else {
      String equation =
          "..." + (adjointX ? "ji" : "ij") + ",..." + (adjointY ? "kj" : "jk") + "->...ik";
      product
          .setOp("Einsum")
          .putAttr("N", Nodes.integer(2))
          .putAttr("equation", Nodes.text(equation));
    }
    graph.put(product.build());
    graph.note(node.getOp() + ": " + product.getOp());
  }

  private static AttrValue operandType(NodeDef node) {
    if (node.containsAttr("T")) {
      return node.getAttrOrThrow("T");
    }
    AttrValue x = node.getAttrOrThrow("Ta");
    if (!x.equals(node.getAttrOrThrow("Tb")) || !x.equals(node.getAttrOrThrow("Tout"))) {
      throw new IllegalArgumentException(
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

  private static boolean sameBatch(Shape x, Shape y) {
    if (x.isUnknown() || y.isUnknown() || x.numDimensions() != y.numDimensions()) {
      return false;
    }
    for (int i = 0; i < x.numDimensions() - 2; i++) {
      if (x.get(i) == Shape.UNKNOWN_SIZE || x.get(i) != y.get(i)) {
        return false;
      }
    }
    return true;
  }
}

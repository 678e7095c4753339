package dev.belay.graph.imported.rewrite;

import java.util.List;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.NodeDef;

/**
 * Replaces ops whose native gradient is wrong or fails by ops with the same values and a correct
 * gradient:
 *
 * <ul>
 *   <li>LogSoftmax of any rank but 2: on the rows of a matrix. Its gradient adds up over axis 1
 *   <li>Atan2, SoftmaxCrossEntropyWithLogits of two shapes: with one shape. Their gradients have
 *       the shape of the result
 *   <li>GatherV2 along an axis that is counted from the end: counted from the front
 *   <li>Split and SplitV into one part: Identity
 * </ul>
 */
public final class CorrectedGradients implements GraphRewrite {
  private static final String CROSS_ENTROPY = "SoftmaxCrossEntropyWithLogits";

  @Override
  public void rewrite(NodeGraph graph) {
    for (NodeDef node : graph.nodes()) {
      String form =
          switch (node.getOp()) {
            case "LogSoftmax" -> logSoftmax(new Substitute(graph, node));
            case "Atan2", CROSS_ENTROPY -> ofOneShape(graph, node);
            case "GatherV2" -> gather(graph, node);
            case "Split", "SplitV" -> split(graph, node);
            default -> null;
          };
      if (form != null) {
        graph.note(node.getOp() + ": " + form);
      }
    }
  }

  private static String logSoftmax(Substitute write) {
    if (write.shapeOf(0).numDimensions() == 2) {
      return null;
    }
    String logits = write.input(0);
    String shape = write.shape("shape", logits);
    String last =
        write.integerOp("last", "Sub", write.rank("rank", logits), write.integers("one", 1));
    String size = write.elements("size", shape, last);
    String matrix = write.concat("matrix", write.integers("rows", -1), size);
    String result = write.op("log_softmax", "LogSoftmax", write.reshape("logits", logits, matrix));
    write.by(
        write
            .start("result", "Reshape", result, shape)
            .putAttr("T", write.type())
            .putAttr("Tshape", Substitute.INT32));
    return "of the rows of a matrix";
  }

  private static String ofOneShape(NodeGraph graph, NodeDef node) {
    Substitute write = new Substitute(graph, node);
    Shape x = write.shapeOf(0);
    if (!x.isUnknown() && !x.hasUnknownDimension() && x.equals(write.shapeOf(1))) {
      return null;
    }
    String common = write.commonShape("shape", write.input(0), write.input(1));
    write.by(
        node.getOp(),
        write.broadcastTo("first", write.input(0), common),
        write.broadcastTo("second", write.input(1), common));
    return "of tensors of one shape";
  }

  private static String gather(NodeGraph graph, NodeDef node) {
    if (!Substitute.isFloat(node, "Tparams") || isFromTheFront(graph, node)) {
      return null;
    }
    Substitute write = new Substitute(graph, node, "Tparams");
    String axis =
        write.integerOp("axis", "FloorMod", write.input(2), write.rank("rank", write.input(0)));
    NodeDef.Builder counted = node.toBuilder().clearInput();
    counted.addAllInput(List.of(write.input(0), write.input(1), axis));
    long batch = node.getAttrOrDefault("batch_dims", Nodes.integer(0)).getI();
    int indicesRank = write.shapeOf(1).numDimensions();
    if (batch < 0 && indicesRank >= 0) {
      counted.putAttr("batch_dims", Nodes.integer(batch + indicesRank));
    }
    write.by(counted);
    return "along an axis counted from the front";
  }

  private static boolean isFromTheFront(NodeGraph graph, NodeDef node) {
    NodeDef axis = graph.node(graph.behindIdentity(node.getInput(2)));
    return node.getAttrOrDefault("batch_dims", Nodes.integer(0)).getI() >= 0
        && axis.getOp().equals("Const")
        && Nodes.scalarInt(axis).filter(value -> value >= 0).isPresent();
  }

  private static String split(NodeGraph graph, NodeDef node) {
    if (node.getAttrOrThrow("num_split").getI() != 1 || !Substitute.isFloat(node, "T")) {
      return null;
    }
    Substitute write = new Substitute(graph, node);
    write.by("Identity", write.input(node.getOp().equals("Split") ? 1 : 0));
    return "Identity, since it is into one part";
  }
}

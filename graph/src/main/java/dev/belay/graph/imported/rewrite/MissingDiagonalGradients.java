package dev.belay.graph.imported.rewrite;

import java.util.Optional;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.NodeDef;

/**
 * Replaces ops on the main diagonals of matrices that the native runtime cannot differentiate by
 * ops that it can:
 *
 * <ul>
 *   <li>MatrixDiagV2 and V3 into square matrices: themselves, with the gradient of MatrixDiag
 *   <li>MatrixDiagPart and its V2 and V3: Einsum {@code ...ii->...i} of the square part
 *   <li>MatrixSetDiag and its V2 and V3, of inputs of known rank: SelectV2
 * </ul>
 *
 * <p>Ops on other diagonals are not changed, and are refused.
 */
public final class MissingDiagonalGradients implements GraphRewrite {

  @Override
  public void rewrite(NodeGraph graph) {
    for (NodeDef node : graph.nodes()) {
      if (Substitute.isFloat(node, "T") && rewrite(graph, new Substitute(graph, node))) {
        graph.note(node.getOp() + ": written in ops that have a gradient");
      }
    }
  }

  private static boolean rewrite(NodeGraph graph, Substitute write) {
    return switch (write.op()) {
      case "MatrixDiagV2", "MatrixDiagV3" ->
          isConstant(graph, write.input(1), 0)
              && isConstant(graph, write.input(2), -1)
              && isConstant(graph, write.input(3), -1)
              && diag(write);
      case "MatrixDiagPart" -> diagPart(write);
      case "MatrixDiagPartV2", "MatrixDiagPartV3" ->
          isConstant(graph, write.input(1), 0) && diagPart(write);
      case "MatrixSetDiag" -> setDiag(write);
      case "MatrixSetDiagV2", "MatrixSetDiagV3" ->
          isConstant(graph, write.input(2), 0) && setDiag(write);
      default -> false;
    };
  }

  private static boolean diag(Substitute write) {
    write.byValueAndGradientOf(
        write.put(write.start("slope", "MatrixDiag", write.input(0)).putAttr("T", write.type())));
    return true;
  }

  private static boolean diagPart(Substitute write) {
    Shape shape = write.shapeOf(0);
    int rank = shape.numDimensions();
    boolean isSquare =
        rank >= 2
            && shape.get(rank - 1) != Shape.UNKNOWN_SIZE
            && shape.get(rank - 1) == shape.get(rank - 2);
    String square = isSquare ? write.input(0) : squarePart(write);
    write.by(
        write
            .start("diagonal", "Einsum", square)
            .putAttr("N", Nodes.integer(1))
            .putAttr("T", write.type())
            .putAttr("equation", Nodes.text("...ii->...i")));
    return true;
  }

  /** {@code x[..., :n, :n]} with n the smaller of both sizes. */
  private static String squarePart(Substitute write) {
    String shape = write.shape("shape", write.input(0));
    String n =
        write.integerOp(
            "smaller", "Minimum", size(write, "rows", shape, 2), size(write, "columns", shape, 1));
    String end = write.concat("end", write.integers("batch_end", 0), n, n);
    return write.put(
        write
            .start(
                "square",
                "StridedSlice",
                write.input(0),
                write.integers("begin", 0, 0, 0),
                end,
                write.integers("steps", 1, 1, 1))
            .putAttr("T", write.type())
            .putAttr("Index", Substitute.INT32)
            .putAttr("ellipsis_mask", Nodes.integer(1))
            .putAttr("begin_mask", Nodes.integer(0))
            .putAttr("end_mask", Nodes.integer(0))
            .putAttr("new_axis_mask", Nodes.integer(0))
            .putAttr("shrink_axis_mask", Nodes.integer(0)));
  }

  /** The size of a dimension counted from the end, a vector of one. */
  private static String size(Substitute write, String suffix, String shape, int fromTheEnd) {
    String rank = write.rank(suffix + "_rank", write.input(0));
    String axis =
        write.integerOp(suffix + "_axis", "Sub", rank, write.integers(suffix + "_at", fromTheEnd));
    return write.elements(suffix, shape, axis);
  }

  /**
   * On the diagonal, by the mask, the element of the diagonal that belongs to the row, else the
   * input. The diagonal is as long as the number of rows, or is padded to it.
   */
  private static boolean setDiag(Substitute write) {
    int rank = write.shapeOf(0).numDimensions();
    if (rank < 2) {
      return false;
    }
    String input = write.input(0);
    String diagonal = write.input(1);
    String zeros = write.op("zeros", "ZerosLike", input);
    NodeDef.Builder mask = write.copy("mask", zeros, write.op("ones", "OnesLike", diagonal));
    write.inputs().stream().skip(2).forEach(mask::addInput);
    String isDiagonal = write.op("is_diagonal", "Greater", write.put(mask), zeros);
    String rows = size(write, "rows", write.shape("shape", input), 2);
    String length =
        write.elements(
            "length", write.shape("diagonal_shape", diagonal), write.integers("last", rank - 2));
    String missing = write.integerOp("missing", "Sub", rows, length);
    String flat = write.concat("flat", write.integers("none", new int[2 * rank - 3]), missing);
    String paddings =
        write.put(
            write
                .start("paddings", "Reshape", flat, write.integers("pairs", rank - 1, 2))
                .putAttr("T", Substitute.INT32)
                .putAttr("Tshape", Substitute.INT32));
    String padded =
        write.put(
            write
                .start("padded", "Pad", diagonal, paddings)
                .putAttr("T", write.type())
                .putAttr("Tpaddings", Substitute.INT32));
    String column =
        write.put(
            write
                .start("column", "ExpandDims", padded, write.integer("last_axis", -1))
                .putAttr("T", write.type())
                .putAttr("Tdim", Substitute.INT32));
    write.by("SelectV2", isDiagonal, column, input);
    return true;
  }

  private static boolean isConstant(NodeGraph graph, String tensor, int value) {
    NodeDef node = graph.node(graph.behindIdentity(tensor));
    return node.getOp().equals("Const") && Nodes.scalarInt(node).equals(Optional.of(value));
  }
}

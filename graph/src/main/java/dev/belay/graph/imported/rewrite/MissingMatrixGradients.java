package dev.belay.graph.imported.rewrite;

import java.util.stream.IntStream;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.NodeDef;

/**
 * Gives ops of matrices and of running sums a gradient that the native runtime lacks:
 *
 * <ul>
 *   <li>MatrixInverse: itself, Y, with the gradient of {@code -Y X Y} by X alone
 *   <li>SparseTensorDenseMatMul: the sums of the rows that the elements of the sparse matrix select
 *   <li>CumulativeLogsumexp, of an input of known rank along a constant axis: itself, with the
 *       gradient of the sums that have the shares of each element for weights
 * </ul>
 */
public final class MissingMatrixGradients implements GraphRewrite {
  /** Less than any exponent: its power is 0. */
  private static final double NOTHING = -1e38;

  @Override
  public void rewrite(NodeGraph graph) {
    for (NodeDef node : graph.nodes()) {
      if (rewrite(graph, node)) {
        graph.note(node.getOp() + ": written in ops that have a gradient");
      }
    }
  }

  private static boolean rewrite(NodeGraph graph, NodeDef node) {
    switch (node.getOp()) {
      case "MatrixInverse" -> {
        return Substitute.isFloat(node, "T") && inverse(new Substitute(graph, node), node);
      }
      case "SparseTensorDenseMatMul" -> {
        return Substitute.isFloat(node, "T") && sparseProduct(new Substitute(graph, node), node);
      }
      case "CumulativeLogsumexp" -> {
        return Substitute.isFloat(node, "T") && logsumexp(graph, new Substitute(graph, node), node);
      }
      default -> {
        return false;
      }
    }
  }

  private static boolean inverse(Substitute write, NodeDef node) {
    String inverse = write.op("fixed", "StopGradient", write.original("inverse"));
    String right =
        write.put(
            write
                .start("right", "BatchMatMul", write.input(0), inverse)
                .putAttr("T", write.type())
                .putAttr("adj_x", Nodes.bool(Nodes.flag(node, "adjoint"))));
    String both = write.op("both", "BatchMatMul", inverse, right);
    write.byValueAndGradientOf(write.op("slope", "Neg", both));
    return true;
  }

  private static boolean sparseProduct(Substitute write, NodeDef node) {
    boolean adjoint = Nodes.flag(node, "adjoint_a");
    AttrValue type = node.getAttrOrDefault("Tindices", Nodes.type(DataType.DT_INT64));
    String rows = column(write, "rows", type, adjoint ? 1 : 0);
    String columns = column(write, "columns", type, adjoint ? 0 : 1);
    String dense = write.input(3);
    if (Nodes.flag(node, "adjoint_b")) {
      dense =
          write.put(
              write
                  .start("transposed", "Transpose", dense, write.integers("swapped", 1, 0))
                  .putAttr("T", write.type())
                  .putAttr("Tperm", Substitute.INT32));
    }
    String selected = gather(write, "selected", dense, columns, write.type());
    String values =
        write.put(
            write
                .start("values", "ExpandDims", write.input(1), write.integer("last", -1))
                .putAttr("T", write.type())
                .putAttr("Tdim", Substitute.INT32));
    String sizes = write.cast("sizes", write.input(2), DataType.DT_INT64, DataType.DT_INT32);
    String size =
        gather(write, "size", sizes, write.integer("side", adjoint ? 1 : 0), Substitute.INT32);
    write.by(
        write
            .start("sum", "UnsortedSegmentSum", write.op("products", "Mul", selected, values), rows)
            .addInput(size)
            .putAttr("T", write.type())
            .putAttr("Tindices", Substitute.INT32)
            .putAttr("Tnumsegments", Substitute.INT32));
    return true;
  }

  /** The row or the column of each element of the sparse matrix, as int32. */
  private static String column(Substitute write, String suffix, AttrValue type, int index) {
    String indices = write.input(0);
    if (type.getType() != DataType.DT_INT32) {
      indices = write.cast(suffix + "_indices", indices, type.getType(), DataType.DT_INT32);
    }
    return write.put(
        write
            .start(suffix, "GatherV2", indices, write.integer(suffix + "_index", index))
            .addInput(write.integer(suffix + "_axis", 1))
            .putAttr("Tparams", Substitute.INT32)
            .putAttr("Tindices", Substitute.INT32)
            .putAttr("Taxis", Substitute.INT32));
  }

  private static String gather(
      Substitute write, String suffix, String from, String indices, AttrValue type) {
    return write.put(
        write
            .start(suffix, "GatherV2", from, indices, write.integer(suffix + "_axis", 0))
            .putAttr("Tparams", type)
            .putAttr("Tindices", Substitute.INT32)
            .putAttr("Taxis", Substitute.INT32));
  }

  /** Each result changes by the share that an element has in it, {@code exp(x - y)}. */
  private static boolean logsumexp(NodeGraph graph, Substitute write, NodeDef node) {
    Shape shape = write.shapeOf(0);
    NodeDef axis = graph.node(graph.behindIdentity(node.getInput(1)));
    if (shape.numDimensions() < 1
        || !axis.getOp().equals("Const")
        || Nodes.scalarInt(axis).isEmpty()) {
      return false;
    }
    int last = shape.numDimensions() - 1;
    int along = Math.floorMod(Nodes.scalarInt(axis).get(), shape.numDimensions());
    int[] swapped = IntStream.rangeClosed(0, last).toArray();
    swapped[along] = last;
    swapped[last] = along;
    String x = transposed(write, "x", write.input(0), swapped);
    String y =
        transposed(write, "y", write.op("fixed", "StopGradient", write.original("sums")), swapped);
    String columns = expanded(write, "columns", x, -2);
    String rows = expanded(write, "rows", y, -1);
    String shares =
        write.op(
            "shares",
            "Exp",
            write.op(
                "exponents",
                "SelectV2",
                counted(write, node, x),
                write.op("difference", "Sub", columns, rows),
                write.constant("nothing", NOTHING)));
    String finite =
        write.op(
            "finite_columns",
            "SelectV2",
            write.op("is_finite", "IsFinite", columns),
            columns,
            write.constant("zero", 0));
    String weighted =
        write.op("weighted", "Mul", write.op("weights", "StopGradient", shares), finite);
    String slope =
        write.put(
            write
                .start("sum", "Sum", weighted, write.integer("sum_axis", -1))
                .putAttr("T", write.type())
                .putAttr("Tidx", Substitute.INT32));
    write.byValueAndGradientOf(transposed(write, "slope", slope, swapped));
    return true;
  }

  /** Whether the element of a column counts in the result of a row. */
  private static String counted(Substitute write, NodeDef node, String x) {
    String last =
        write.integerOp("last_index", "Sub", write.rank("rank", x), write.integer("one", 1));
    String size = write.elements("size", write.shape("shape", x), last);
    String range =
        write.put(
            write
                .start("range", "Range", write.integer("from", 0), size)
                .addInput(write.integer("step", 1))
                .putAttr("Tidx", Substitute.INT32));
    boolean reverse = Nodes.flag(node, "reverse");
    String op = Nodes.flag(node, "exclusive") ? "Less" : "LessEqual";
    String columns = integersExpanded(write, "column_numbers", range, 0);
    String rows = integersExpanded(write, "row_numbers", range, 1);
    return write.integerOp("counted", op, reverse ? rows : columns, reverse ? columns : rows);
  }

  private static String integersExpanded(Substitute write, String suffix, String tensor, int axis) {
    return write.put(
        write
            .start(suffix, "ExpandDims", tensor, write.integer(suffix + "_axis", axis))
            .putAttr("T", Substitute.INT32)
            .putAttr("Tdim", Substitute.INT32));
  }

  private static String expanded(Substitute write, String suffix, String tensor, int axis) {
    return write.put(
        write
            .start(suffix, "ExpandDims", tensor, write.integer(suffix + "_axis", axis))
            .putAttr("T", write.type())
            .putAttr("Tdim", Substitute.INT32));
  }

  private static String transposed(Substitute write, String suffix, String tensor, int... order) {
    return write.put(
        write
            .start(suffix, "Transpose", tensor, write.integers(suffix + "_order", order))
            .putAttr("T", write.type())
            .putAttr("Tperm", Substitute.INT32));
  }
}

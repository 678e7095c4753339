package dev.belay.graph.imported.rewrite;

import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.NodeDef;

/**
 * Replaces lookups, scatters and sums over segments that the native runtime cannot differentiate by
 * ops that it can:
 *
 * <ul>
 *   <li>the values of TopKV2, of an input of known rank: a GatherV2 of the indices
 *   <li>TensorScatterAdd, TensorScatterSub: the sum with a ScatterNd, or the difference
 *   <li>TensorScatterUpdate: itself, with the gradient of a ScatterNd and of what it leaves
 *   <li>TensorScatterMax, TensorScatterMin: themselves, with the gradient of the elements taken
 *   <li>SegmentMean: SegmentSum divided by the number of rows
 *   <li>SegmentMax, SegmentMin: themselves, with the gradient of UnsortedSegmentMax and Min
 *   <li>SparseSegmentSum, Mean and SqrtN: SegmentSum of the rows that are looked up, divided by
 *       their number or its root
 * </ul>
 */
public final class MissingLookupGradients implements GraphRewrite {

  @Override
  public void rewrite(NodeGraph graph) {
    for (NodeDef node : graph.nodes()) {
      if (Substitute.isFloat(node, "T") && rewrite(graph, node)) {
        graph.note(node.getOp() + ": written in ops that have a gradient");
      }
    }
    graph.settle();
  }

  private static boolean rewrite(NodeGraph graph, NodeDef node) {
    Substitute write = new Substitute(graph, node);
    switch (node.getOp()) {
      case "TopKV2" -> {
        return topK(graph, node, write);
      }
      case "TensorScatterAdd" -> write.by("AddV2", write.input(0), scattered(write, node));
      case "TensorScatterSub" -> write.by("Sub", write.input(0), scattered(write, node));
      case "TensorScatterUpdate" -> scatterUpdate(write, node);
      case "TensorScatterMax", "TensorScatterMin" -> scatterExtreme(write, node);
      case "SegmentMean" -> segmentMean(write, ids(node));
      case "SegmentMax" -> segmentExtreme(write, ids(node), "UnsortedSegmentMax");
      case "SegmentMin" -> segmentExtreme(write, ids(node), "UnsortedSegmentMin");
      case "SparseSegmentSum", "SparseSegmentMean", "SparseSegmentSqrtN" -> sparse(write, node);
      default -> {
        return false;
      }
    }
    return true;
  }

  private static boolean topK(NodeGraph graph, NodeDef node, Substitute write) {
    int rank = write.shapeOf(0).numDimensions();
    if (rank < 1) {
      return false;
    }
    String top = node.getName();
    graph.move(
        top,
        write.put(
            write
                .start("values", "GatherV2", write.input(0), top + ":1")
                .addInput(write.integer("last_axis", rank - 1))
                .putAttr("Tparams", write.type())
                .putAttr("Tindices", Substitute.INT32)
                .putAttr("Taxis", Substitute.INT32)
                .putAttr("batch_dims", Nodes.integer(rank - 1))));
    return true;
  }

  private static Ids ids(NodeDef node) {
    return new Ids(node.getInput(1), node.getAttrOrThrow("Tindices"));
  }

  /** The updates at their indices in a tensor of zeros of the first input's shape. */
  private static String scattered(Substitute write, NodeDef node) {
    return scatter(write, node, "scattered", write.input(2));
  }

  private static String scatter(Substitute write, NodeDef node, String suffix, String updates) {
    AttrValue indexType = node.getAttrOrThrow("Tindices");
    String shape =
        write.put(
            write
                .start(suffix + "_shape", "Shape", write.input(0))
                .putAttr("T", write.type())
                .putAttr("out_type", indexType));
    return write.put(
        write
            .start(suffix, "ScatterNd", write.input(1), updates, shape)
            .putAttr("T", write.type())
            .putAttr("Tindices", indexType));
  }

  private static void scatterUpdate(Substitute write, NodeDef node) {
    String ones = write.op("ones", "OnesLike", write.input(2));
    String count = scatter(write, node, "count", ones);
    String zeros = write.op("zeros", "ZerosLike", write.input(0));
    String isUpdated = write.op("is_updated", "Greater", count, zeros);
    String left = write.op("left", "SelectV2", isUpdated, zeros, write.input(0));
    write.byValueAndGradientOf(write.op("slope", "AddV2", left, scattered(write, node)));
  }

  /** Equal extremes share a gradient, as in TensorFlow Python. */
  private static void scatterExtreme(Substitute write, NodeDef node) {
    AttrValue indexType = node.getAttrOrThrow("Tindices");
    String result = write.op("fixed", "StopGradient", write.original("extreme"));
    String kept = isEqual(write, "kept", write.input(0), result);
    String there = gatherNd(write, indexType, "there", result, write.input(1));
    String taken = isEqual(write, "taken", write.input(2), there);
    String number = write.op("number", "AddV2", kept, scatter(write, node, "all_taken", taken));
    String others = gatherNd(write, indexType, "others", number, write.input(1));
    String left = write.op("left", "Mul", write.input(0), share(write, "share", kept, number));
    String updates =
        write.op("updates", "Mul", write.input(2), share(write, "update_share", taken, others));
    write.byValueAndGradientOf(
        write.op("slope", "AddV2", left, scatter(write, node, "scattered", updates)));
  }

  private static String share(Substitute write, String suffix, String part, String all) {
    return write.op(suffix, "StopGradient", write.op(suffix + "_of_all", "DivNoNan", part, all));
  }

  /** 1 where two tensors are equal, 0 elsewhere, without a gradient. */
  private static String isEqual(Substitute write, String suffix, String one, String other) {
    String equal = write.op(suffix + "_equal", "Equal", one, other);
    return write.op(
        suffix,
        "StopGradient",
        write.cast(suffix + "_number", equal, DataType.DT_BOOL, write.type().getType()));
  }

  private static String gatherNd(
      Substitute write, AttrValue indexType, String suffix, String from, String indices) {
    return write.put(
        write
            .start(suffix, "GatherNd", from, indices)
            .putAttr("Tparams", write.type())
            .putAttr("Tindices", indexType));
  }

  private static String segmentSum(Substitute write, String suffix, String data, Ids ids) {
    return write.put(
        write
            .start(suffix, "SegmentSum", data, ids.tensor())
            .putAttr("T", write.type())
            .putAttr("Tindices", ids.type()));
  }

  /** Segment ids: the segment of each row. */
  private record Ids(String tensor, AttrValue type) {}

  /** Rows in each segment, at least 1, in a shape that broadcasts against the segments. */
  private static String rowCounts(Substitute write, Ids ids) {
    String rows =
        write.put(
            write
                .start("rows", "Shape", ids.tensor())
                .putAttr("T", ids.type())
                .putAttr("out_type", Substitute.INT32));
    String others =
        write.integerOp(
            "others", "Sub", write.rank("rank", write.input(0)), write.integers("rows_rank", 1));
    String ones =
        write.put(
            write
                .start("other_sizes", "Fill", others, write.integer("size", 1))
                .putAttr("T", Substitute.INT32)
                .putAttr("index_type", Substitute.INT32));
    String one = write.constant("one", 1);
    String each =
        write.put(
            write
                .start("each", "Fill", write.concat("each_shape", rows, ones), one)
                .putAttr("T", write.type())
                .putAttr("index_type", Substitute.INT32));
    return write.op("counts", "Maximum", segmentSum(write, "count", each, ids), one);
  }

  private static void segmentMean(Substitute write, Ids ids) {
    String sum = segmentSum(write, "sum", write.input(0), ids);
    write.by("RealDiv", sum, rowCounts(write, ids));
  }

  private static void segmentExtreme(Substitute write, Ids ids, String op) {
    String segments =
        write.elements(
            "segments",
            write.shape("shape", write.original("segments_of")),
            write.integer("first", 0));
    write.byValueAndGradientOf(
        write.put(
            write
                .start("slope", op, write.input(0), ids.tensor(), segments)
                .putAttr("T", write.type())
                .putAttr("Tindices", ids.type())
                .putAttr("Tnumsegments", Substitute.INT32)));
  }

  private static void sparse(Substitute write, NodeDef node) {
    Ids ids = new Ids(write.input(2), node.getAttrOrDefault("Tsegmentids", Substitute.INT32));
    String rows =
        write.put(
            write
                .start("looked_up", "GatherV2", write.input(0), write.input(1))
                .addInput(write.integer("axis", 0))
                .putAttr("Tparams", write.type())
                .putAttr("Tindices", node.getAttrOrDefault("Tidx", Substitute.INT32))
                .putAttr("Taxis", Substitute.INT32));
    switch (node.getOp()) {
      case "SparseSegmentSum" ->
          write.by(
              write
                  .start("sum", "SegmentSum", rows, ids.tensor())
                  .putAttr("T", write.type())
                  .putAttr("Tindices", ids.type()));
      case "SparseSegmentMean" ->
          write.by("RealDiv", segmentSum(write, "sum", rows, ids), rowCounts(write, ids));
      default ->
          write.by(
              "RealDiv",
              segmentSum(write, "sum", rows, ids),
              write.op("root", "Sqrt", rowCounts(write, ids)));
    }
  }
}

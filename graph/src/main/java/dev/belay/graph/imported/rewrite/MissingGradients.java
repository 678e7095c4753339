package dev.belay.graph.imported.rewrite;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.NodeDef;

/**
 * Replaces ops that the native runtime cannot differentiate by ops that it can, following their
 * definition:
 *
 * <ul>
 *   <li>ClipByValue: {@code min(max(x, low), high)}, the same values and, as in TF Python, the
 *       gradient passes where x equals a bound
 *   <li>Erfc: {@code 1 - erf(x)}; its far tail is exact to 6e-8 absolute, not relative
 *   <li>Xlogy, Xlog1py, Xdivy: {@code x * log(y)}, {@code x * log1p(y)}, {@code x / y}, and 0 where
 *       x is 0, whatever y is
 *   <li>EuclideanNorm: the root of the sum of squares
 *   <li>BiasAddV1, Gather, Concat, ConjugateTranspose, FusedBatchNorm and its V2: the newer op of
 *       the same meaning
 *   <li>Round, Rint, Ceil, FloorDiv, OnesLike: themselves, behind a StopGradient; their slope is
 *       zero almost everywhere, and TF Python stops there too
 *   <li>FloorMod, Cumprod, Digamma: themselves, with the gradient of an expression that has TF
 *       Python's slope
 * </ul>
 */
public final class MissingGradients implements GraphRewrite {

  @Override
  public void rewrite(NodeGraph graph) {
    for (NodeDef node : graph.nodes()) {
      boolean changed =
          switch (node.getOp()) {
            case "Gather" -> gather(graph, node);
            case "FusedBatchNorm", "FusedBatchNormV2" -> batchNorm(graph, node);
            case "BiasAddV1" -> rename(graph, node, "BiasAdd");
            case "ConjugateTranspose" ->
                Substitute.isFloat(node, "T") && rename(graph, node, "Transpose");
            default -> Substitute.isFloat(node, "T") && byDefinition(new Substitute(graph, node));
          };
      if (changed) {
        graph.note(node.getOp() + ": written in ops that have a gradient");
      }
    }
  }

  private static boolean byDefinition(Substitute write) {
    switch (write.op()) {
      case "ClipByValue" ->
          write.by(
              "Minimum",
              write.op("raised", "Maximum", write.input(0), write.input(1)),
              write.input(2));
      case "Erfc" ->
          write.by("Sub", write.constant("one", 1), write.op("erf", "Erf", write.input(0)));
      case "Xlogy" -> whereNotZero(write, "Mul", "Log");
      case "Xlog1py" -> whereNotZero(write, "Mul", "Log1p");
      case "Xdivy" -> whereNotZero(write, "RealDiv", null);
      case "EuclideanNorm" -> euclideanNorm(write);
      case "Concat" -> concat(write);
      case "Round", "Rint", "Ceil", "FloorDiv", "OnesLike" ->
          write.by("StopGradient", write.original("steps"));
      case "FloorMod" -> floorMod(write);
      case "Cumprod" -> cumprod(write);
      case "Digamma" -> {
        return digamma(write);
      }
      default -> {
        return false;
      }
    }
    return true;
  }

  /**
   * {@code op(x, before(y))} where x is not 0, and 0 where it is. Where x is 0, y is first replaced
   * by 1, since a gradient of 0 times infinity would be NaN.
   */
  private static void whereNotZero(Substitute write, String op, String before) {
    String x = write.input(0);
    String zero = write.constant("zero", 0);
    String isZero = write.op("is_zero", "Equal", x, zero);
    String y = write.op("safe", "SelectV2", isZero, write.constant("one", 1), write.input(1));
    String factor = before == null ? y : write.op("factor", before, y);
    write.by("SelectV2", isZero, zero, write.op("product", op, x, factor));
  }

  private static void euclideanNorm(Substitute write) {
    String squares = write.op("squares", "Square", write.input(0));
    NodeDef.Builder sum = write.copy("sum", squares, write.input(1)).setOp("Sum");
    write.by("Sqrt", write.put(sum));
  }

  private static void concat(Substitute write) {
    List<String> inputs = new ArrayList<>(write.inputs());
    Collections.rotate(inputs, -1); // the axis comes last in ConcatV2
    write.by(
        write
            .copy("values", inputs.toArray(new String[0]))
            .setOp("ConcatV2")
            .putAttr("Tidx", Substitute.INT32));
  }

  /** {@code x - q y} with the quotient q held constant. */
  private static void floorMod(Substitute write) {
    String x = write.input(0);
    String y = write.input(1);
    String quotient = write.op("fixed", "StopGradient", write.op("quotient", "FloorDiv", x, y));
    write.byValueAndGradientOf(
        write.op("slope", "Sub", x, write.op("multiple", "Mul", quotient, y)));
  }

  /** A product p of elements x changes by {@code p / x} for each, where x is not 0. */
  private static void cumprod(Substitute write) {
    String x = write.input(0);
    String one = write.constant("one", 1);
    String inverse = write.op("fixed", "StopGradient", write.op("inverse", "DivNoNan", one, x));
    String parts = write.op("parts", "Mul", x, inverse);
    String sum = write.put(write.copy("sum", parts, write.input(1)).setOp("Cumsum"));
    String product = write.op("fixed_product", "StopGradient", write.original("product"));
    write.byValueAndGradientOf(write.op("slope", "Mul", product, sum));
  }

  private static boolean digamma(Substitute write) {
    DataType type = write.type().getType();
    if (type != DataType.DT_FLOAT && type != DataType.DT_DOUBLE) {
      return false; // Polygamma supports no others
    }
    String x = write.input(0);
    String second = write.op("trigamma", "Polygamma", write.op("ones", "OnesLike", x), x);
    String slope = write.op("fixed", "StopGradient", second);
    write.byValueAndGradientOf(write.op("slope", "Mul", x, slope));
    return true;
  }

  private static boolean rename(NodeGraph graph, NodeDef node, String op) {
    graph.put(node.toBuilder().setOp(op).build());
    return true;
  }

  private static boolean gather(NodeGraph graph, NodeDef node) {
    NodeDef axis = Nodes.constant(graph.fresh(node.getName() + "/axis"), 0);
    graph.put(axis);
    graph.put(
        Nodes.node(node.getName(), "GatherV2", node.getInput(0), node.getInput(1), axis.getName())
            .addAllInput(Nodes.controlInputs(node))
            .putAttr("Tparams", node.getAttrOrThrow("Tparams"))
            .putAttr("Tindices", node.getAttrOrThrow("Tindices"))
            .putAttr("Taxis", Nodes.type(DataType.DT_INT32))
            .build());
    return true;
  }

  private static boolean batchNorm(NodeGraph graph, NodeDef node) {
    NodeDef.Builder newer = node.toBuilder().setOp("FusedBatchNormV3");
    if (!node.containsAttr("U")) {
      newer.putAttr("U", node.getAttrOrThrow("T"));
    }
    graph.put(newer.build());
    return true;
  }
}

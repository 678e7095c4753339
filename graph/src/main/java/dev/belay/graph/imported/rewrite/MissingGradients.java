package dev.belay.graph.imported.rewrite;

import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.NodeDef;

/**
 * Writes ops that the native runtime cannot differentiate as ops that it can, by their definition:
 *
 * <ul>
 *   <li>ClipByValue: {@code min(max(x, low), high)}, the same values and, as in TF Python, the
 *       gradient passes where x lies on a bound
 *   <li>Erfc: {@code 1 - erf(x)}; its far tail is exact to 6e-8 absolute, not relative
 *   <li>Xlogy, Xdivy: {@code x * log(y)}, {@code x / y}, and 0 where x is 0, whatever y is
 *   <li>BiasAddV1, Gather, FusedBatchNorm and its V2: the newer op of the same meaning
 *   <li>Round, Rint, Ceil, FloorDiv: themselves, behind a StopGradient; their slope is zero almost
 *       everywhere, and TF Python stops there too
 * </ul>
 */
public final class MissingGradients implements GraphRewrite {

  @Override
  public void rewrite(NodeGraph graph) {
    for (NodeDef node : graph.nodes()) {
      boolean changed =
          switch (node.getOp()) {
            case "ClipByValue" -> clipByValue(graph, node);
            case "Erfc" -> erfc(graph, node);
            case "Xlogy" -> whereNotZero(graph, node, "Mul", "Log");
            case "Xdivy" -> whereNotZero(graph, node, "RealDiv", null);
            case "BiasAddV1" -> rename(graph, node, "BiasAdd");
            case "Gather" -> gather(graph, node);
            case "FusedBatchNorm", "FusedBatchNormV2" -> batchNorm(graph, node);
            case "Round", "Rint", "Ceil", "FloorDiv" -> stopped(graph, node);
            default -> false;
          };
      if (changed) {
        graph.note(node.getOp() + ": written in ops that have a gradient");
      }
    }
  }

  private static boolean clipByValue(NodeGraph graph, NodeDef node) {
    AttrValue type = node.getAttrOrThrow("T");
    String raised = add(graph, node, "raised", "Maximum", type, node.getInput(0), node.getInput(1));
    return replace(graph, node, "Minimum", type, raised, node.getInput(2));
  }

  private static boolean erfc(NodeGraph graph, NodeDef node) {
    AttrValue type = node.getAttrOrThrow("T");
    NodeDef one = Nodes.constant(graph.fresh(node.getName() + "/one"), type.getType(), 1);
    graph.put(one);
    String erf = add(graph, node, "erf", "Erf", type, node.getInput(0));
    return replace(graph, node, "Sub", type, one.getName(), erf);
  }

  /**
   * {@code op(x, before(y))} where x is not 0, and 0 where it is. There y is replaced by 1 first: a
   * gradient of 0 times infinity would be NaN.
   */
  private static boolean whereNotZero(NodeGraph graph, NodeDef node, String op, String before) {
    AttrValue type = node.getAttrOrThrow("T");
    String x = node.getInput(0);
    NodeDef zero = Nodes.constant(graph.fresh(node.getName() + "/zero"), type.getType(), 0);
    NodeDef one = Nodes.constant(graph.fresh(node.getName() + "/one"), type.getType(), 1);
    graph.put(zero);
    graph.put(one);
    String isZero = add(graph, node, "is_zero", "Equal", type, x, zero.getName());
    String y = add(graph, node, "safe", "SelectV2", type, isZero, one.getName(), node.getInput(1));
    String factor = before == null ? y : add(graph, node, "factor", before, type, y);
    String value = add(graph, node, "value", op, type, x, factor);
    return replace(graph, node, "SelectV2", type, isZero, zero.getName(), value);
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

  private static boolean stopped(NodeGraph graph, NodeDef node) {
    NodeDef steps = node.toBuilder().setName(graph.fresh(node.getName() + "/steps")).build();
    graph.put(steps);
    return replace(graph, node, "StopGradient", node.getAttrOrThrow("T"), steps.getName());
  }

  private static String add(
      NodeGraph graph, NodeDef at, String suffix, String op, AttrValue type, String... inputs) {
    String name = graph.fresh(at.getName() + "/" + suffix);
    graph.put(Nodes.node(name, op, inputs).putAttr("T", type).build());
    return name;
  }

  private static boolean replace(
      NodeGraph graph, NodeDef node, String op, AttrValue type, String... inputs) {
    graph.put(
        Nodes.node(node.getName(), op, inputs)
            .addAllInput(Nodes.controlInputs(node))
            .putAttr("T", type)
            .build());
    return true;
  }
}

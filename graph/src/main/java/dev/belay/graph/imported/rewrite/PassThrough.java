package dev.belay.graph.imported.rewrite;

import java.util.Collection;
import java.util.List;
import java.util.Set;
import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.NodeDef;

/**
 * Replaces ops that pass their input on, and that the native runtime cannot differentiate, by
 * Identity, one for each output.
 *
 * <p>A PlaceholderWithDefault keeps its default and can no longer be fed. EnsureShape and
 * CheckNumericsV2 no longer check: a wrong shape still fails in the op that reads it, and a value
 * that is not finite is caught by the step's own check.
 */
public final class PassThrough implements GraphRewrite {
  private static final Set<String> OPS =
      Set.of(
          "IdentityN",
          "PlaceholderWithDefault",
          "EnsureShape",
          "CheckNumericsV2",
          "PreventGradient",
          "Snapshot",
          "DeepCopy");

  private final Set<String> keep;

  /**
   * @param keep nodes that are not changed, since their author gave them a custom gradient
   */
  public PassThrough(Collection<String> keep) {
    this.keep = Set.copyOf(keep);
  }

  @Override
  public void rewrite(NodeGraph graph) {
    for (NodeDef node : graph.nodes()) {
      if (!OPS.contains(node.getOp()) || keep.contains(node.getName())) {
        continue;
      }
      List<String> inputs = Nodes.dataInputs(node);
      for (int i = 0; i < inputs.size(); i++) {
        String name = graph.fresh(node.getName() + "/pass_" + i);
        graph.put(
            Nodes.node(name, "Identity", inputs.get(i))
                .addAllInput(Nodes.controlInputs(node))
                .putAttr("T", type(node, i))
                .build());
        graph.move(TensorName.of(node.getName(), i), name);
      }
      graph.remove(node.getName());
      graph.note(node.getOp() + ": Identity");
    }
    graph.settle();
  }

  private static AttrValue type(NodeDef node, int output) {
    return switch (node.getOp()) {
      case "IdentityN" -> Nodes.type(node.getAttrOrThrow("T").getList().getType(output));
      case "PlaceholderWithDefault" -> node.getAttrOrThrow("dtype");
      default -> node.getAttrOrThrow("T");
    };
  }
}

package dev.belay.savedmodel.model.inline;

import dev.belay.savedmodel.model.op.Nodes;
import dev.belay.savedmodel.model.op.Scalar;
import dev.belay.savedmodel.model.op.TensorName;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.NodeDef;

/**
 * Resolves the conditionals of TF1: where the condition is known, a Switch passes its input on to
 * one side, the other side is not expanded, and a Merge passes its live input on.
 */
final class SwitchMergeResolver {
  private final GrowingGraph nodes;

  SwitchMergeResolver(GrowingGraph nodes) {
    this.nodes = nodes;
  }

  static boolean isMerge(NodeDef node) {
    return node.getOp().equals("Merge") || node.getOp().equals("RefMerge");
  }

  /** The replacement of a Switch or Merge; empty if it must be kept. */
  Optional<ExpandedOutputs> expand(NodeDef node, CallSite call) throws IOException {
    return isMerge(node) ? merge(node, call) : resolveSwitch(node, call);
  }

  private Optional<ExpandedOutputs> resolveSwitch(NodeDef node, CallSite call) throws IOException {
    Optional<Scalar> condition = nodes.constant(call.data().get(1));
    if (condition.isEmpty()) {
      nodes.note(node.getOp() + " kept: its condition depends on the inputs");
      return Optional.empty();
    }
    String live = pass(node, call, call.data().get(0));
    nodes.note(node.getOp() + " resolved: its condition is constant");
    Map<String, List<String>> outputs = new LinkedHashMap<>();
    boolean isTrue = condition.get().isTrue();
    outputs.put("output_false", List.of(isTrue ? ExpandedOutputs.DEAD : live));
    outputs.put("output_true", List.of(isTrue ? live : ExpandedOutputs.DEAD));
    return Optional.of(new ExpandedOutputs(outputs, TensorName.nodeOf(live)));
  }

  private Optional<ExpandedOutputs> merge(NodeDef node, CallSite call) throws IOException {
    List<Integer> live = new ArrayList<>();
    for (int i = 0; i < call.data().size(); i++) {
      if (!call.data().get(i).equals(ExpandedOutputs.DEAD)) {
        live.add(i);
      }
    }
    if (live.isEmpty()) {
      return Optional.of(ExpandedOutputs.NEVER);
    }
    if (live.size() == call.data().size() && live.size() > 1) {
      return Optional.empty();
    }
    if (live.size() > 1) {
      throw new IllegalStateException("Merge '" + call.name() + "' with several live inputs");
    }
    String output = pass(node, call, call.data().get(live.get(0)));
    String index =
        nodes.addConstant(
            call.name() + "/value_index", Scalar.of(DataType.DT_INT32, (long) live.get(0)));
    Map<String, List<String>> outputs = new LinkedHashMap<>();
    outputs.put("output", List.of(output));
    outputs.put("value_index", List.of(index));
    return Optional.of(new ExpandedOutputs(outputs, TensorName.nodeOf(output)));
  }

  private String pass(NodeDef node, CallSite call, String tensor) throws IOException {
    if (ExpandedOutputs.isReference(tensor)) {
      return tensor;
    }
    AttrValue type = call.scope().attribute(node.getAttrOrThrow("T"));
    return nodes.add(
        Nodes.node(nodes.reserve(call.name()), "Identity", tensor)
            .addAllInput(call.controls())
            .putAttr("T", type)
            .build());
  }
}

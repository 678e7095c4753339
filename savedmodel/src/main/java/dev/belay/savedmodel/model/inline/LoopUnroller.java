package dev.belay.savedmodel.model.inline;

import dev.belay.savedmodel.model.op.Scalar;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.NameAttrList;
import org.tensorflow.proto.framework.NodeDef;

/**
 * Unrolls loops whose number of iterations is known before the graph runs: TensorFlow's C++
 * gradients do not support loops. Any other loop is kept, with its functions expanded.
 */
final class LoopUnroller {
  private final Expansion expansion;
  private final GrowingGraph nodes;
  private final InlineOptions options;

  LoopUnroller(Expansion expansion, InlineOptions options) {
    this.expansion = expansion;
    this.nodes = expansion.nodes();
    this.options = options;
  }

  ExpandedOutputs expand(NodeDef node, CallSite call) throws IOException {
    if (holdsLists(node, call)) {
      nodes.note(node.getOp() + " kept: it holds arrays");
      return expansion.copy(expansion.loopFunctions().expanded(node, call), call);
    }
    int before = nodes.size();
    int gradientsBefore = expansion.gradients().size();
    NameAttrList condition = call.scope().attribute(node.getAttrOrThrow("cond")).getFunc();
    NameAttrList body = call.scope().attribute(node.getAttrOrThrow("body")).getFunc();
    List<String> variables = call.data();
    List<String> controls = call.controls();
    for (int iteration = 0; ; iteration++) {
      String name = call.name() + "/iteration_" + iteration;
      Optional<Scalar> goesOn = goesOn(call, condition, variables, name);
      boolean tooLong =
          iteration >= options.mostIterations() || nodes.size() - before > options.mostNodes() / 2;
      if (goesOn.isEmpty() || (goesOn.get().isTrue() && tooLong)) {
        nodes.rollBack(before);
        expansion.gradients().rollBack(gradientsBefore);
        String why =
            goesOn.isEmpty()
                ? " kept: how often it runs depends on the inputs"
                : " kept: it is too long to unroll";
        nodes.note(node.getOp() + why);
        return expansion.copy(expansion.loopFunctions().expanded(node, call), call);
      }
      if (!goesOn.get().isTrue()) {
        nodes.note(node.getOp() + " unrolled: " + iteration + " iterations");
        String control = iteration == 0 ? control(call) : controlOf(controls);
        return ExpandedOutputs.of("output", variables, control);
      }
      ExpandedOutputs result = expansion.call(call.named(name).with(variables, controls), body);
      variables = folded(name, result.tensors());
      // All iterations have the control inputs of the loop; each also waits for the previous one.
      controls = result.control() == null ? List.of() : List.of("^" + result.control());
    }
  }

  /** Arrays have a gradient only in a loop that is kept, where it is built for one iteration. */
  private static boolean holdsLists(NodeDef node, CallSite call) {
    return call.scope()
        .attribute(node.getAttrOrThrow("T"))
        .getList()
        .getTypeList()
        .contains(DataType.DT_VARIANT);
  }

  /** Returns whether another iteration follows, if that is known. Leaves no node behind. */
  private Optional<Scalar> goesOn(
      CallSite call, NameAttrList condition, List<String> variables, String name)
      throws IOException {
    int before = nodes.size();
    int gradientsBefore = expansion.gradients().size();
    ExpandedOutputs result =
        expansion.call(call.named(name + "/condition").with(variables, List.of()), condition);
    Optional<Scalar> value = nodes.constant(result.tensors().get(0));
    nodes.rollBack(before);
    expansion.gradients().rollBack(gradientsBefore);
    return value;
  }

  /** Counters become constants, so that they do not depend on each other. */
  private List<String> folded(String name, List<String> tensors) throws IOException {
    List<String> folded = new ArrayList<>();
    for (int i = 0; i < tensors.size(); i++) {
      Optional<Scalar> value = nodes.constant(tensors.get(i));
      folded.add(
          value.isPresent()
              ? nodes.addConstant(name + "/constant_" + i, value.get())
              : tensors.get(i));
    }
    return folded;
  }

  private String control(CallSite call) throws IOException {
    return call.controls().isEmpty()
        ? null
        : expansion.waitFor(call.name() + "/_out", call.controls());
  }

  private static String controlOf(List<String> controls) {
    return controls.isEmpty() ? null : controls.get(0).substring(1);
  }
}

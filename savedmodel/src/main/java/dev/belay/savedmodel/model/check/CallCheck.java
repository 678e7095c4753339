package dev.belay.savedmodel.model.check;

import dev.belay.savedmodel.model.op.Nodes;
import java.util.List;
import java.util.Map;
import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.FunctionDef;
import org.tensorflow.proto.framework.NameAttrList;
import org.tensorflow.proto.framework.NodeDef;
import org.tensorflow.proto.framework.OpDef;

/** Validates that the functions that a node calls exist and have its input and output types. */
final class CallCheck {
  private CallCheck() {}

  /**
   * @throws IllegalArgumentException if a call does not fit; the message says what was found
   */
  static void check(NodeDef node, Ops ops) {
    for (AttrValue value : node.getAttrMap().values()) {
      for (String called : Nodes.called(value)) {
        // Gradient functions of TF1 may be named by an op of TensorFlow.
        if (!called.isEmpty() && ops.find(called).isEmpty()) {
          throw new IllegalArgumentException(
              "a call of function " + Names.show(called) + ", which is not there");
        }
      }
    }
    switch (node.getOp()) {
      case "PartitionedCall", "StatefulPartitionedCall" ->
          check(node, ops, "f", types(node, "Tin"), types(node, "Tout"));
      case "If", "StatelessIf" -> {
        check(node, ops, "then_branch", types(node, "Tin"), types(node, "Tout"));
        check(node, ops, "else_branch", types(node, "Tin"), types(node, "Tout"));
      }
      case "While", "StatelessWhile" -> {
        check(node, ops, "body", types(node, "T"), types(node, "T"));
        check(node, ops, "cond", types(node, "T"), null);
      }
      case "Case", "StatelessCase" -> {
        for (NameAttrList branch : attribute(node, "branches").getList().getFuncList()) {
          fits(branch, ops, types(node, "Tin"), types(node, "Tout"));
        }
      }
      default -> {}
    }
  }

  private static void check(
      NodeDef node, Ops ops, String attribute, List<DataType> takes, List<DataType> gives) {
    fits(attribute(node, attribute).getFunc(), ops, takes, gives);
  }

  private static void fits(
      NameAttrList called, Ops ops, List<DataType> takes, List<DataType> gives) {
    FunctionDef function = ops.function(called.getName()).orElse(null);
    if (function == null) {
      throw new IllegalArgumentException(
          "a call of function " + Names.show(called.getName()) + ", which is not there");
    }
    fits(called, "takes", function.getSignature().getInputArgList(), takes);
    if (gives != null) {
      fits(called, "gives", function.getSignature().getOutputArgList(), gives);
    } else if (function.getSignature().getOutputArgCount() != 1) {
      throw new IllegalArgumentException(
          "a condition " + Names.show(called.getName()) + " that does not give one tensor");
    }
  }

  private static void fits(
      NameAttrList called, String does, List<OpDef.ArgDef> arguments, List<DataType> types) {
    for (OpDef.ArgDef argument : arguments) {
      if (!argument.getNumberAttr().isEmpty() || !argument.getTypeListAttr().isEmpty()) {
        return;
      }
    }
    boolean same = arguments.size() == types.size();
    for (int i = 0; same && i < types.size(); i++) {
      DataType type = arguments.get(i).getType();
      same =
          type == types.get(i)
              || type == DataType.DT_INVALID
              || types.get(i) == DataType.DT_INVALID;
    }
    if (!same) {
      throw new IllegalArgumentException(
          "a call of function "
              + Names.show(called.getName())
              + ", which "
              + does
              + " "
              + arguments.stream().map(OpDef.ArgDef::getType).toList()
              + ", with "
              + types);
    }
  }

  private static List<DataType> types(NodeDef node, String attribute) {
    return attribute(node, attribute).getList().getTypeList();
  }

  private static AttrValue attribute(NodeDef node, String name) {
    Map<String, AttrValue> attributes = node.getAttrMap();
    return attributes.getOrDefault(name, AttrValue.getDefaultInstance());
  }
}

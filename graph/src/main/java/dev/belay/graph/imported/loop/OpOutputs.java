package dev.belay.graph.imported.loop;

import dev.belay.graph.imported.rewrite.NodeGraph;
import dev.belay.graph.imported.rewrite.TensorName;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.tensorflow.TensorFlow;
import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.NodeDef;
import org.tensorflow.proto.framework.OpDef;

/** Outputs of nodes: their types, and their names within a function. */
public final class OpOutputs {
  private static final Map<String, OpDef> OPS = new HashMap<>();

  static {
    TensorFlow.registeredOpList().getOpList().forEach(op -> OPS.put(op.getName(), op));
  }

  private OpOutputs() {}

  /** The type of a tensor. */
  public static DataType type(NodeGraph graph, String tensor) {
    return of(graph.node(tensor)).get(TensorName.index(tensor)).type();
  }

  /**
   * One output.
   *
   * @param tensor its name in a graph, such as {@code node:1}
   * @param inFunction its name in a function, such as {@code node:product:0}
   */
  public record OpOutput(String tensor, String inFunction, DataType type) {}

  /** Returns whether TensorFlow has an op; a body that was not expanded also calls functions. */
  static boolean knows(NodeDef node) {
    return OPS.containsKey(node.getOp());
  }

  /** The outputs of a node, in order. */
  public static List<OpOutput> of(NodeDef node) {
    List<OpOutput> outputs = new ArrayList<>();
    OpDef definition = OPS.get(node.getOp());
    if (definition == null) {
      throw new IllegalArgumentException("unknown op " + node.getOp() + " of " + node.getName());
    }
    for (OpDef.ArgDef argument : definition.getOutputArgList()) {
      List<DataType> types = types(node, definition, argument);
      for (int i = 0; i < types.size(); i++) {
        outputs.add(
            new OpOutput(
                TensorName.of(node.getName(), outputs.size()),
                node.getName() + ":" + argument.getName() + ":" + i,
                types.get(i)));
      }
    }
    return outputs;
  }

  /** Returns whether the op keeps a state or has a side effect. */
  public static boolean isStateful(NodeDef node) {
    return OPS.get(node.getOp()).getIsStateful();
  }

  private static List<DataType> types(NodeDef node, OpDef definition, OpDef.ArgDef argument) {
    if (!argument.getTypeListAttr().isEmpty()) {
      return attribute(node, definition, argument.getTypeListAttr()).getList().getTypeList();
    }
    DataType type =
        argument.getTypeAttr().isEmpty()
            ? argument.getType()
            : attribute(node, definition, argument.getTypeAttr()).getType();
    return argument.getNumberAttr().isEmpty()
        ? List.of(type)
        : Collections.nCopies(
            (int) attribute(node, definition, argument.getNumberAttr()).getI(), type);
  }

  private static AttrValue attribute(NodeDef node, OpDef definition, String name) {
    return node.containsAttr(name)
        ? node.getAttrOrThrow(name)
        : definition.getAttrList().stream()
            .filter(attribute -> attribute.getName().equals(name))
            .findFirst()
            .orElseThrow()
            .getDefaultValue();
  }
}

package dev.belay.graph.imported.loop;

import dev.belay.graph.imported.rewrite.NodeGraph;
import dev.belay.graph.imported.rewrite.Nodes;
import dev.belay.graph.imported.rewrite.TensorName;
import java.util.List;
import java.util.Set;
import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.NameAttrList;
import org.tensorflow.proto.framework.NodeDef;

/** Reads and writes attributes of conditionals. */
final class Branches {
  private static final Set<String> OPS = Set.of("If", "StatelessIf", "Case", "StatelessCase");

  private Branches() {}

  static boolean isConditional(NodeDef node) {
    return OPS.contains(node.getOp());
  }

  /** Its functions; those of an If are the one for true and the one for false. */
  static List<String> functions(NodeDef node) {
    return node.containsAttr("branches")
        ? node.getAttrOrThrow("branches").getList().getFuncList().stream()
            .map(NameAttrList::getName)
            .toList()
        : List.of(
            node.getAttrOrThrow("then_branch").getFunc().getName(),
            node.getAttrOrThrow("else_branch").getFunc().getName());
  }

  /** Sets the functions, in that order. */
  static void setFunctions(NodeDef.Builder node, List<String> functions) {
    if (node.containsAttr("branches")) {
      AttrValue.ListValue.Builder list =
          node.getAttrOrThrow("branches").getList().toBuilder().clearFunc();
      functions.forEach(name -> list.addFunc(NameAttrList.newBuilder().setName(name)));
      node.putAttr("branches", node.getAttrOrThrow("branches").toBuilder().setList(list).build());
    } else {
      node.putAttr("then_branch", Loops.function(functions.get(0)));
      node.putAttr("else_branch", Loops.function(functions.get(1)));
    }
  }

  /** The inputs of the functions: all but the one that selects a function. */
  static List<String> arguments(NodeDef node) {
    List<String> inputs = Nodes.dataInputs(node);
    return inputs.subList(1, inputs.size());
  }

  static List<DataType> types(NodeDef node) {
    return node.getAttrOrThrow("Tin").getList().getTypeList();
  }

  static List<DataType> resultTypes(NodeDef node) {
    return node.getAttrOrThrow("Tout").getList().getTypeList();
  }

  static boolean isReadable(NodeGraph graph, NodeDef node) {
    return functions(node).stream().allMatch(name -> LoopFunction.isReadable(graph, name));
  }

  static String result(NodeDef node, int index) {
    return TensorName.of(node.getName(), index);
  }
}

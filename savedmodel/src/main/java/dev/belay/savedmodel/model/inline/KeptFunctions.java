package dev.belay.savedmodel.model.inline;

import dev.belay.savedmodel.model.op.Attributes;
import dev.belay.savedmodel.model.op.Nodes;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.FunctionDef;
import org.tensorflow.proto.framework.FunctionDefLibrary;
import org.tensorflow.proto.framework.NodeDef;

/** Functions that a flat graph still needs: of loops, conditionals and gradients. */
final class KeptFunctions {
  private final Map<String, FunctionDef> all;
  private final Map<String, FunctionDef> kept = new LinkedHashMap<>();

  private KeptFunctions(Map<String, FunctionDef> all) {
    this.all = all;
  }

  /**
   * @param functions of the model
   * @param roots functions that are always needed, in this form
   * @param nodes of the flat graph
   */
  static FunctionDefLibrary of(
      Map<String, FunctionDef> functions,
      Map<String, FunctionDef> roots,
      Collection<NodeDef> nodes) {
    KeptFunctions keeper = new KeptFunctions(functions);
    roots.forEach((name, function) -> keeper.kept.put(name, clean(function)));
    roots.values().forEach(function -> keeper.keep(function.getNodeDefList()));
    keeper.keep(nodes);
    return FunctionDefLibrary.newBuilder().addAllFunction(keeper.kept.values()).build();
  }

  private void keep(Collection<NodeDef> nodes) {
    for (NodeDef node : nodes) {
      for (String name : Nodes.called(node)) {
        FunctionDef function = all.get(name);
        if (function != null && !kept.containsKey(name)) {
          kept.put(name, clean(function));
          keep(function.getNodeDefList());
        }
      }
    }
  }

  private static FunctionDef clean(FunctionDef function) {
    FunctionDef.Builder clean = function.toBuilder().clearAttr().clearNodeDef().clearArgAttr();
    clean.putAllAttr(Expansion.withoutHints(function.getAttrMap()));
    for (NodeDef node : function.getNodeDefList()) {
      clean.addNodeDef(
          node.toBuilder()
              .clearDevice()
              .clearExperimentalDebugInfo()
              .clearAttr()
              .putAllAttr(attributes(node)));
    }
    return clean.build();
  }

  /** A mark of the author's gradient stays, so that a loop is not differentiated without it. */
  private static Map<String, AttrValue> attributes(NodeDef node) {
    Map<String, AttrValue> attributes = Expansion.withoutHints(node.getAttrMap());
    if (node.containsAttr(Attributes.GRADIENT)) {
      attributes.put(Attributes.GRADIENT, node.getAttrOrThrow(Attributes.GRADIENT));
    }
    return attributes;
  }
}

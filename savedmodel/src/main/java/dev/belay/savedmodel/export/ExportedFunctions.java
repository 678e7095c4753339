package dev.belay.savedmodel.export;

import dev.belay.savedmodel.model.op.Attributes;
import dev.belay.savedmodel.model.op.Nodes;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.FunctionDef;
import org.tensorflow.proto.framework.FunctionDefLibrary;
import org.tensorflow.proto.framework.GraphDef;
import org.tensorflow.proto.framework.NodeDef;
import org.tensorflow.proto.framework.RegisteredGradient;

/**
 * The functions that nodes call: branches and bodies of loops, and the gradients saved for them.
 */
final class ExportedFunctions {

  private final Map<String, FunctionDef> functions = new HashMap<>();
  private final Map<String, RegisteredGradient> gradients = new HashMap<>();
  private final Set<String> reached = new LinkedHashSet<>();
  private final Set<RegisteredGradient> reachedGradients = new LinkedHashSet<>();
  private final Deque<FunctionDef> waiting = new ArrayDeque<>();

  private ExportedFunctions(FunctionDefLibrary library) {
    library.getFunctionList().forEach(f -> functions.put(f.getSignature().getName(), f));
    library.getRegisteredGradientsList().forEach(g -> gradients.put(g.getRegisteredOpType(), g));
  }

  /** The part of a graph's library that some of its nodes need. */
  static FunctionDefLibrary reachable(GraphDef graph, Collection<String> nodes) {
    ExportedFunctions library = new ExportedFunctions(graph.getLibrary());
    for (NodeDef node : graph.getNodeList()) {
      if (nodes.contains(node.getName())) {
        library.visit(node);
      }
    }
    while (!library.waiting.isEmpty()) {
      library.waiting.pop().getNodeDefList().forEach(library::visit);
    }
    FunctionDefLibrary.Builder result = FunctionDefLibrary.newBuilder();
    library.reached.forEach(name -> result.addFunction(library.functions.get(name)));
    return result.addAllRegisteredGradients(library.reachedGradients).build();
  }

  private void visit(NodeDef node) {
    Nodes.called(node).forEach(this::reach);
    AttrValue gradientType = node.getAttrMap().get(Attributes.GRADIENT);
    RegisteredGradient gradient =
        gradientType == null ? null : gradients.get(gradientType.getS().toStringUtf8());
    if (gradient != null && reachedGradients.add(gradient)) {
      reach(gradient.getGradientFunc());
    }
  }

  private void reach(String function) {
    FunctionDef definition = functions.get(function);
    if (definition != null && reached.add(function)) {
      waiting.push(definition);
    }
  }
}

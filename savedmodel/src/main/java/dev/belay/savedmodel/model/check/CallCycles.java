package dev.belay.savedmodel.model.check;

import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.model.op.Nodes;
import dev.belay.savedmodel.model.op.TopologicalOrder;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.tensorflow.proto.framework.FunctionDef;

/**
 * Validates that no function calls itself, directly or through others, and that calls do not nest
 * too deeply.
 */
final class CallCycles {
  /** Real models nest three or four levels; expansion recurses once per level. */
  static final int DEEPEST = 100;

  private final Path file;
  private final Map<String, FunctionDef> functions;

  CallCycles(Path file, Map<String, FunctionDef> functions) {
    this.file = file;
    this.functions = functions;
  }

  void check() throws CorruptModelException {
    Map<String, Integer> depth = new HashMap<>();
    for (String name : TopologicalOrder.of(functions.keySet(), this::calledBy)) {
      depth.put(name, calledBy(name).stream().mapToInt(depth::get).max().orElse(-1) + 1);
    }
    for (String name : functions.keySet()) {
      String where = "function " + Names.show(name);
      if (!depth.containsKey(name)) {
        throw new CorruptModelException(
            file, where, "functions that do not call themselves", "a call that comes back to it");
      }
      if (depth.get(name) > DEEPEST) {
        throw new CorruptModelException(
            file,
            where,
            "calls at most " + DEEPEST + " deep",
            "calls " + depth.get(name) + " deep");
      }
    }
  }

  private Set<String> calledBy(String function) {
    Set<String> called = new LinkedHashSet<>();
    functions.get(function).getNodeDefList().forEach(node -> called.addAll(Nodes.called(node)));
    called.retainAll(functions.keySet());
    return called;
  }
}

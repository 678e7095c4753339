package dev.belay.savedmodel.model.check;

import dev.belay.savedmodel.CorruptModelException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.FunctionDef;
import org.tensorflow.proto.framework.NameAttrList;
import org.tensorflow.proto.framework.NodeDef;

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
    Map<String, Integer> missing = new HashMap<>();
    Map<String, List<String>> callers = new HashMap<>();
    Map<String, Integer> depth = new HashMap<>();
    Deque<String> ready = new ArrayDeque<>();
    for (String name : functions.keySet()) {
      Set<String> called = calledBy(functions.get(name));
      called.forEach(callee -> callers.computeIfAbsent(callee, k -> new ArrayList<>()).add(name));
      missing.put(name, called.size());
      depth.put(name, 0);
      if (called.isEmpty()) {
        ready.add(name);
      }
    }
    int done = 0;
    while (!ready.isEmpty()) {
      String name = ready.remove();
      done++;
      for (String caller : callers.getOrDefault(name, List.of())) {
        depth.merge(caller, depth.get(name) + 1, Math::max);
        if (missing.merge(caller, -1, Integer::sum) == 0) {
          ready.add(caller);
        }
      }
    }
    for (String name : functions.keySet()) {
      String where = "function " + Names.show(name);
      if (done < functions.size() && missing.get(name) > 0) {
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

  private Set<String> calledBy(FunctionDef function) {
    Set<String> called = new LinkedHashSet<>();
    for (NodeDef node : function.getNodeDefList()) {
      called.add(node.getOp());
      for (AttrValue value : node.getAttrMap().values()) {
        for (NameAttrList list : CallCheck.calledBy(value)) {
          called.add(list.getName());
        }
      }
    }
    called.retainAll(functions.keySet());
    return called;
  }
}

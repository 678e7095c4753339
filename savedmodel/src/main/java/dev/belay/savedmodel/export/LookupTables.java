package dev.belay.savedmodel.export;

import dev.belay.savedmodel.model.op.Nodes;
import dev.belay.savedmodel.model.op.OpArguments;
import dev.belay.savedmodel.model.op.TensorName;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.NodeDef;

/** Lookup tables that a model's signatures use, with their initializers. */
final class LookupTables {
  private static final Set<String> TABLE_OPS = Set.of("HashTableV2", "MutableHashTableV2");
  private static final String NEEDS_INITIALIZER = "HashTableV2";

  private LookupTables() {}

  /**
   * Finds the tables.
   *
   * @param used nodes that the signatures need
   * @return the initializers by table; never empty for a table that needs one
   * @throws IllegalArgumentException naming everything that cannot be written
   */
  static Map<String, List<String>> find(NodeIndex nodes, NewModel model, Set<String> used) {
    Set<String> known = new TreeSet<>();
    model.variables().forEach(variable -> known.add(variable.handle()));
    List<String> problems = new ArrayList<>();
    Map<String, List<String>> tables = new LinkedHashMap<>();
    for (String name : used) {
      NodeDef node = nodes.node(name);
      if (TABLE_OPS.contains(node.getOp())) {
        tables.put(name, new ArrayList<>());
      } else if (!known.contains(name) && givesResource(nodes, node)) {
        problems.add("'" + name + "' (" + node.getOp() + ") is neither a variable nor a table");
      }
    }
    Set<String> borders = new LinkedHashSet<>(tables.keySet());
    for (String initializer : expandGroups(nodes, model.initializers())) {
      nodes.needed(Set.of(initializer), borders).stream()
          .filter(tables::containsKey)
          .findFirst()
          .ifPresent(table -> tables.get(table).add(initializer));
    }
    tables.forEach(
        (table, initializers) -> {
          if (initializers.isEmpty() && nodes.node(table).getOp().equals(NEEDS_INITIALIZER)) {
            problems.add("table '" + table + "' has no initializer");
          }
        });
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException("cannot export: " + String.join("; ", problems));
    }
    return tables;
  }

  /** Resources are created by nodes without inputs; other nodes only pass them on. */
  private static boolean givesResource(NodeIndex nodes, NodeDef node) {
    boolean takesNothing = node.getInputList().stream().allMatch(TensorName::isControl);
    return takesNothing
        && !node.getOp().startsWith("Placeholder")
        && OpArguments.outputs(nodes.definition(node), node.getAttrMap())
            .types()
            .contains(DataType.DT_RESOURCE);
  }

  /** A NoOp may group several initializers. */
  private static Set<String> expandGroups(NodeIndex nodes, List<String> initializers) {
    Set<String> expanded = new LinkedHashSet<>();
    for (String name : initializers) {
      NodeDef node = nodes.node(name);
      if (node.getOp().equals("NoOp")) {
        expanded.addAll(expandGroups(nodes, Nodes.inputs(node)));
      } else {
        expanded.add(name);
      }
    }
    return expanded;
  }
}

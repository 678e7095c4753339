package dev.belay.savedmodel.model.inline;

import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.UnsupportedModelException;
import dev.belay.savedmodel.model.SavedModelContents;
import dev.belay.savedmodel.model.op.TensorName;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.tensorflow.proto.framework.FunctionDef;
import org.tensorflow.proto.framework.FunctionDefLibrary;
import org.tensorflow.proto.framework.NodeDef;

/** Lookup tables: created once for all functions, and filled before anything else runs. */
final class Tables {
  private static final Pattern TABLE =
      Pattern.compile("(Anonymous)?(Mutable)?(Dense)?HashTable(OfTensors)?(V2)?");
  private static final Pattern FILLS =
      Pattern.compile("InitializeTable.*|LookupTable(Import|Insert)(V2)?");

  private final SavedModelContents contents;
  private final Expansion expansion;
  private final FlatNodes nodes;

  /** The nodes that fill tables, each with the table that it fills. */
  private final Map<String, String> fills = new LinkedHashMap<>();

  private boolean mainGraphExpanded;

  Tables(SavedModelContents contents, Expansion expansion) {
    this.contents = contents;
    this.expansion = expansion;
    this.nodes = expansion.nodes();
  }

  static boolean isTable(NodeDef node) {
    return TABLE.matcher(node.getOp()).matches();
  }

  static boolean isFill(NodeDef node) {
    return FILLS.matcher(node.getOp()).matches();
  }

  /** The nodes that fill the tables among some nodes. */
  List<String> fillsOf(Set<String> used) {
    return fills.entrySet().stream()
        .filter(fill -> used.contains(fill.getValue()))
        .map(Map.Entry::getKey)
        .toList();
  }

  /** Expands the function that creates a table. */
  String create(String name, FunctionDef function, List<String> captures) throws IOException {
    String table = expand(name + "/create", function, captures).tensors().get(0);
    NodeDef node = nodes.node(source(table));
    if (!isTable(node)) {
      throw new UnsupportedModelException(
          contents.file(),
          "function '" + function.getSignature().getName() + "'",
          "it makes a resource by "
              + node.getOp()
              + "; of resources Belay knows variables and"
              + " lookup tables");
    }
    if (node.getOp().contains("Mutable")) {
      throw new UnsupportedModelException(
          contents.file(),
          "function '" + function.getSignature().getName() + "'",
          "it makes a mutable table, whose contents Belay does not restore from the checkpoint; use"
              + " a static table, or the signature that takes token ids");
    }
    return table;
  }

  /** Expands the function that fills a table. */
  void initialize(String name, FunctionDef function, List<String> captures) throws IOException {
    int before = nodes.size();
    expand(name + "/initialize", function, captures);
    List<String> added = new ArrayList<>(nodes.nodes().keySet());
    for (String node : added.subList(before, added.size())) {
      remember(node);
    }
  }

  private Values expand(String name, FunctionDef function, List<String> captures)
      throws IOException {
    Scope scope = Scope.ofGraph(name, Optional.empty());
    return expansion.call(new Call(scope, name, captures, List.of()), function, Map.of());
  }

  /**
   * Expands the initializers of the main graph's tables, if that is not done yet.
   *
   * @param init the nodes that initialise the model
   */
  void initializeMainGraph(Set<String> init) throws IOException {
    if (mainGraphExpanded) {
      return;
    }
    mainGraphExpanded = true;
    List<String> roots =
        contents.mainGraph().needed(init, Set.of()).stream()
            .filter(name -> isFill(contents.mainGraph().nodes().get(name)))
            .toList();
    Set<String> needed = contents.mainGraph().needed(roots, Set.of());
    Scope scope = Scope.ofGraph("initialize", Optional.empty());
    List<NodeDef> body =
        contents.mainGraph().nodes().values().stream()
            .filter(node -> needed.contains(node.getName()))
            .toList();
    expansion.expand(scope, body, null);
    for (String root : roots) {
      remember(scope.value(root).orElseThrow().control());
    }
  }

  /**
   * Validates that tables are filled only from the model's files: a graph that names another file
   * would read whatever exists on this machine.
   *
   * @param kept the nodes of the flat graph
   * @param library its functions, in which the origin of a file name is unknown
   */
  void checkFiles(List<NodeDef> kept, FunctionDefLibrary library) throws CorruptModelException {
    for (NodeDef node : kept) {
      if (readsFile(node)
          && !expansion.state().shared().assets().containsKey(source(node.getInput(1)))) {
        throw notAnAsset("node '" + node.getName() + "'");
      }
    }
    for (FunctionDef function : library.getFunctionList()) {
      for (NodeDef node : function.getNodeDefList()) {
        if (readsFile(node)) {
          throw notAnAsset(
              "function '"
                  + function.getSignature().getName()
                  + "', node '"
                  + node.getName()
                  + "'");
        }
      }
    }
  }

  private static boolean readsFile(NodeDef node) {
    return node.getOp().startsWith("InitializeTableFromTextFile");
  }

  private CorruptModelException notAnAsset(String where) {
    return new CorruptModelException(
        contents.file(), where, "a table filled from one of the model's assets", "another file");
  }

  private void remember(String name) {
    NodeDef node = nodes.node(name);
    if (!isFill(node)) {
      return;
    }
    fills.put(name, source(node.getInput(0)));
  }

  /** The node at the end of a chain of Identity nodes. */
  private String source(String tensor) {
    String name = TensorName.nodeOf(tensor);
    while (nodes.node(name).getOp().equals("Identity")) {
      name = TensorName.nodeOf(nodes.node(name).getInput(0));
    }
    return name;
  }
}

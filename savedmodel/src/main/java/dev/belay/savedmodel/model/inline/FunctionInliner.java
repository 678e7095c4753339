package dev.belay.savedmodel.model.inline;

import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.UnsupportedModelException;
import dev.belay.savedmodel.model.FlatGraph;
import dev.belay.savedmodel.model.FlatGraph.FlatFunction;
import dev.belay.savedmodel.model.ModelFunction;
import dev.belay.savedmodel.model.SavedModelContents;
import dev.belay.savedmodel.model.check.GraphValidator;
import dev.belay.savedmodel.model.op.Nodes;
import dev.belay.savedmodel.model.op.Reachable;
import dev.belay.savedmodel.model.op.TensorName;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tensorflow.proto.framework.GraphDef;
import org.tensorflow.proto.framework.NodeDef;

/**
 * Expands functions of a model into one flat graph over one set of variables: no calls, no
 * conditionals and no loops, as far as what is known before the graph runs allows.
 *
 * <p>What the functions compute is not changed. This is done in Java because TensorFlow's C++
 * gradients do not support functions.
 */
public final class FunctionInliner {
  private final SavedModelContents contents;
  private final InlineOptions options;
  private final GrowingGraph nodes;
  private final Expansion expansion;
  private final Tables tables;

  private FunctionInliner(SavedModelContents contents, InlineOptions options) {
    this.contents = contents;
    this.options = options;
    this.nodes = new GrowingGraph(contents.file(), options.mostNodes());
    this.expansion = new Expansion(contents, nodes, options);
    this.tables = new Tables(contents, expansion);
  }

  /**
   * Expands functions.
   *
   * @param functions some of the model's callables, such as the one to train through and the one to
   *     evaluate with; the nodes of each have a separate prefix
   * @throws CorruptModelException if an expansion shows that the model is invalid
   * @throws UnsupportedModelException if it needs something that Belay does not support
   */
  public static FlatGraph inline(
      SavedModelContents contents, List<ModelFunction> functions, InlineOptions options)
      throws IOException {
    FunctionInliner inliner = new FunctionInliner(contents, options);
    try {
      return inliner.inline(functions);
    } catch (IllegalArgumentException e) {
      throw new UnsupportedModelException(
          contents.file(), "functions", "cannot be expanded: " + e.getMessage());
    }
  }

  private FlatGraph inline(List<ModelFunction> functions) throws IOException {
    new ExpandedSize(contents).require(functions, options.mostNodes());
    FunctionExpander expander = new FunctionExpander(contents, expansion, tables);
    Map<ModelFunction, FlatFunction> expanded = new LinkedHashMap<>();
    for (ModelFunction function : functions) {
      if (!expanded.containsKey(function)) {
        expanded.put(function, expander.expand(function));
      }
    }
    if (contents.objects().isEmpty()) {
      tables.initializeMainGraph(contents.initNodes());
    }
    Set<String> used = used(expanded.values());
    List<String> initializers = tables.fillsOf(used);
    addNeeded(initializers, used);
    int all = nodes.size();
    List<NodeDef> kept =
        nodes.nodes().values().stream().filter(node -> used.contains(node.getName())).toList();
    List<String> notes = new ArrayList<>(nodes.notes());
    notes.add(kept.size() + " nodes of " + all + " needed");
    GraphDef graph =
        GraphDef.newBuilder()
            .addAllNode(kept)
            .setLibrary(
                KeptFunctions.of(
                    expansion.loopFunctions().with(contents.functions()),
                    expansion.gradients().functions(),
                    kept))
            .setVersions(contents.metaGraph().getGraphDef().getVersions())
            .build();
    GraphValidator.validate(contents.file(), graph);
    tables.checkFiles(kept, graph.getLibrary());
    return new FlatGraph(
        graph,
        functions.stream().map(expanded::get).toList(),
        variables(used),
        initializers,
        assets(used),
        expansion.gradients().found(),
        missing(notes),
        List.copyOf(notes));
  }

  /** All nodes that the functions need, including those captured by their gradients. */
  private Set<String> used(Collection<FlatFunction> functions) throws IOException {
    Set<String> used = new LinkedHashSet<>();
    List<String> roots = new ArrayList<>();
    for (FlatFunction function : functions) {
      function.inputs().forEach(input -> roots.add(input.tensor()));
      function.outputs().forEach(output -> roots.add(output.tensor()));
      roots.addAll(function.updates());
    }
    while (!roots.isEmpty()) {
      addNeeded(roots, used);
      roots.clear();
      roots.addAll(expansion.gradients().resolve(used, expansion.state().shared(), tables));
    }
    return used;
  }

  private void addNeeded(List<String> roots, Set<String> used) {
    List<String> named = roots.stream().map(TensorName::nodeOf).toList();
    used.addAll(Reachable.from(named, name -> Nodes.inputs(nodes.node(name))));
  }

  private List<FlatGraph.FlatVariable> variables(Set<String> used) {
    List<FlatGraph.FlatVariable> variables = new ArrayList<>();
    expansion
        .state()
        .shared()
        .handles()
        .forEach(
            (handle, variable) -> {
              if (used.contains(handle)) {
                variables.add(new FlatGraph.FlatVariable(variable, handle));
              }
            });
    return variables;
  }

  private Map<String, Path> assets(Set<String> used) {
    Map<String, Path> assets = new LinkedHashMap<>(expansion.state().shared().assets());
    assets.keySet().retainAll(used);
    return assets;
  }

  private List<FlatGraph.MissingCustomGradient> missing(List<String> notes) {
    List<FlatGraph.MissingCustomGradient> missing = expansion.gradients().missing();
    if (!missing.isEmpty() && options.acceptsNaturalGradient()) {
      notes.add(missing.size() + " custom gradients that were not saved: natural gradient taken");
      return List.of();
    }
    return missing;
  }
}

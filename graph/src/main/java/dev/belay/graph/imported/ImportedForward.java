package dev.belay.graph.imported;

import dev.belay.graph.forward.ForwardCall;
import dev.belay.graph.forward.ForwardModel;
import dev.belay.graph.gradient.GradientGap;
import dev.belay.graph.gradient.SavedGradient;
import dev.belay.graph.imported.frame.LegacyControlFlow;
import dev.belay.graph.imported.loop.LoopGradients;
import dev.belay.graph.imported.loop.LoopReads;
import dev.belay.graph.imported.position.OnePosition;
import dev.belay.graph.imported.rewrite.DifferentiableForm;
import dev.belay.graph.imported.rewrite.DropoutRemoval;
import dev.belay.graph.imported.rewrite.GraphRewrite;
import dev.belay.graph.imported.rewrite.NodeGraph;
import dev.belay.graph.imported.rewrite.OneReadPerVariable;
import dev.belay.graph.imported.rewrite.RepeatableRandom;
import dev.belay.graph.imported.rewrite.SavedGradientCut;
import dev.belay.graph.imported.rewrite.SharedInputs;
import dev.belay.graph.imported.rewrite.TensorName;
import dev.belay.graph.imported.rewrite.UnsupportedGraphException;
import dev.belay.graph.search.NodeNames;
import dev.belay.graph.variable.VariableSpec;
import dev.belay.graph.variable.Variables;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.tensorflow.Graph;
import org.tensorflow.Operation;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.proto.framework.FunctionDef;

/**
 * Imports a foreign model's forward passes into a graph, rewritten so that the native runtime can
 * differentiate and repeat them.
 */
public final class ImportedForward {

  private ImportedForward() {}

  /**
   * Rewrites a model's graph and imports it.
   *
   * @throws UnsupportedGraphException if the graph assigns a variable that should train, or draws
   *     random numbers that cannot be repeated or left out
   * @throws IllegalArgumentException if the graph names nodes it does not have
   */
  public static ForwardModel importInto(Graph graph, ForwardSpec spec, ImportOptions options) {
    return new Import(spec, options).into(graph);
  }

  /** One import, from the spec to the graph. */
  private static final class Import {
    private final ForwardSpec spec;
    private final ImportOptions options;
    private NodeGraph nodes;
    private final Optional<ImportedAdapters> adapters;
    private final List<ForwardSpec.BoundVariable> variables;
    private final Map<String, String> lost;

    Import(ForwardSpec spec, ImportOptions options) {
      this.spec = spec;
      this.options = options;
      this.nodes = new NodeGraph(spec.graphDef());
      new SharedInputs(
              spec.sources().shared(), spec.sources().labels(), spec.sources().labelPadding())
          .rewrite(nodes);
      nodes.prune(roots(List.of()));
      this.nodes = LegacyControlFlow.rewrite(nodes, roots(List.of()));
      this.nodes = new OnePosition(spec.computedTogether(), spec.differentiated()).rewrite(nodes);
      this.adapters = options.adapters().map(plan -> ImportedAdapters.of(nodes, spec, plan));
      this.variables =
          spec.variables().stream()
              .map(bound -> new ForwardSpec.BoundVariable(declared(bound.spec()), bound.handle()))
              .toList();
      this.lost =
          spec.missingCustomGradients().stream()
              .filter(missing -> !options.acceptsNaturalGradient().test(missing.gradient()))
              .collect(
                  Collectors.toMap(
                      ForwardSpec.MissingCustomGradient::node,
                      ForwardSpec.MissingCustomGradient::gradient));
    }

    ForwardModel into(Graph graph) {
      Set<String> trained = nodes.needed(trainedRoots());
      OneReadPerVariable reads = new OneReadPerVariable(trainedHandles());
      List<SavedGradientCut> cuts =
          spec.customGradients().stream()
              .map(custom -> new SavedGradientCut(custom.node(), custom.results()))
              .toList();
      List<GraphRewrite> rewrites = new ArrayList<>(List.of(new LoopReads(), reads));
      rewrites.addAll(cuts);
      adapters.ifPresent(added -> rewrites.add(added.products()));
      rewrites.add(new DifferentiableForm(lost.keySet()));
      if (options.dropout() == Dropout.OFF) {
        rewrites.add(new DropoutRemoval(trained::contains));
      }
      if (options.dropout() == Dropout.OFF_WHERE_RECOGNISED) {
        rewrites.add(DropoutRemoval::removeRecognised);
      }
      if (!spec.sources().labels().isEmpty()) {
        // The function of a loss may be one that drops out; its evaluation is another call.
        rewrites.add(all -> DropoutRemoval.removeRecognised(all, name -> !trained.contains(name)));
      }
      rewrites.add(new RepeatableRandom(options.seed(), NodeNames.STEP, trained::contains));
      rewrites.forEach(rewrite -> rewrite.rewrite(nodes));
      LoopGradients loops =
          new LoopGradients(
              this::rewriteBody, options.acceptsNaturalGradient(), trainedHandles()::contains);
      List<String> sources = new ArrayList<>(reads.reads().values());
      adapters.ifPresent(added -> sources.addAll(added.reads()));
      for (SavedGradientCut cut : cuts) { // a saved gradient goes on from there
        cut.cuts().stream().map(nodes::current).forEach(sources::add);
      }
      loops.cut(nodes, sources, trainedRoots().stream().map(nodes::current).toList());
      List<String> needed = new ArrayList<>(roots(cuts));
      loops.roots().forEach(root -> needed.add(nodes.current(root)));
      nodes.prune(needed);
      graph.importGraphDef(nodes.toGraphDef());
      List<GradientGap> gaps = new ArrayList<>(savedGradients(graph, cuts));
      gaps.addAll(loops.gaps(graph, nodes));
      return bind(graph, reads.reads(), gaps);
    }

    private List<String> trainedHandles() {
      return variables.stream()
          .filter(bound -> bound.spec().trainable())
          .map(ForwardSpec.BoundVariable::handle)
          .toList();
    }

    /** The body of a loop that a loss is differentiated through. */
    private void rewriteBody(NodeGraph body) {
      new DifferentiableForm(List.of()).rewrite(body);
      if (options.dropout() == Dropout.OFF) {
        new DropoutRemoval(node -> true).rewrite(body);
      }
    }

    private VariableSpec declared(VariableSpec variable) {
      boolean chosen = options.trains().test(variable);
      boolean trains = adapters.map(added -> added.trains(variable, chosen)).orElse(chosen);
      return variable.withTrainable(variable.trainable() && trains);
    }

    private List<String> trainedRoots() {
      return spec.trainedRoots();
    }

    /** All nodes named from outside; any other node is kept only if these need it. */
    private List<String> roots(List<SavedGradientCut> cuts) {
      Stream<String> calls = spec.calls().stream().flatMap(ForwardSpec.Call::roots);
      Stream<String> gradients =
          spec.customGradients().stream()
              .flatMap(
                  custom -> Stream.concat(Stream.of(custom.node()), custom.captures().stream()));
      return Stream.of(
              calls,
              spec.sources().labels().stream().limit(1).map(any -> NodeNames.LABELS),
              spec.variables().stream().map(ForwardSpec.BoundVariable::handle),
              spec.initializers().stream(),
              gradients,
              cuts.stream().flatMap(cut -> cut.arguments(nodes).stream()),
              cuts.stream().flatMap(cut -> cut.cuts().stream()))
          .flatMap(names -> names)
          .map(nodes::current)
          .toList();
    }

    private ForwardModel bind(Graph graph, Map<String, String> reads, List<GradientGap> gaps) {
      Variables bound = new Variables(Ops.create(graph).withSubScope(NodeNames.PREFIX + "model"));
      for (ForwardSpec.BoundVariable variable : variables) {
        String read = reads.get(variable.handle());
        bound.bind(
            variable.spec(),
            output(graph, variable.handle()),
            read == null ? null : output(graph, read));
      }
      List<Operation> initializers = new ArrayList<>(operations(graph, spec.initializers()));
      adapters.ifPresent(added -> initializers.addAll(added.bind(graph, bound)));
      Map<String, ForwardCall> calls = new LinkedHashMap<>();
      for (ForwardSpec.Call call : spec.calls()) {
        calls.put(
            call.name(),
            new ForwardCall(
                call.name(),
                tensors(graph, call.inputs()),
                tensors(graph, call.outputs()),
                operations(graph, call.updates())));
      }
      Map<String, String> lostHere =
          lost.entrySet().stream()
              .filter(entry -> graph.operation(entry.getKey()) != null)
              .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
      return new ForwardModel(
          calls,
          bound,
          initializers,
          gaps,
          lostHere,
          Optional.ofNullable(graph.operation(NodeNames.STEP))
              .map(placeholder -> placeholder.output(0)),
          adapters.map(ImportedAdapters::adapted).orElse(List.of()),
          nodes.notes());
    }

    private List<SavedGradient> savedGradients(Graph graph, List<SavedGradientCut> cuts) {
      Map<String, FunctionDef> library = new LinkedHashMap<>();
      spec.graphDef()
          .getLibrary()
          .getFunctionList()
          .forEach(function -> library.put(function.getSignature().getName(), function));
      List<SavedGradient> saved = new ArrayList<>();
      for (int i = 0; i < cuts.size(); i++) {
        ForwardSpec.CustomGradient custom = spec.customGradients().get(i);
        FunctionDef function = library.get(custom.function());
        if (function == null) {
          throw new IllegalArgumentException(
              "The gradient "
                  + custom.function()
                  + " of the node "
                  + custom.node()
                  + " is not in the model's function library.");
        }
        List<String> arguments = cuts.get(i).arguments(nodes);
        saved.add(
            new SavedGradient(
                custom.node(),
                outputs(graph, cuts.get(i).cuts()),
                outputs(graph, custom.arguments().stream().map(arguments::get).toList()),
                outputs(graph, custom.captures()),
                function));
      }
      return saved;
    }

    private Map<String, Output<?>> tensors(Graph graph, List<ForwardSpec.NamedTensor> named) {
      Map<String, Output<?>> tensors = new LinkedHashMap<>();
      for (ForwardSpec.NamedTensor tensor : named) {
        if (tensors.put(tensor.name(), output(graph, tensor.tensor())) != null) {
          throw new IllegalArgumentException(
              "Two tensors of one function are named " + tensor.name() + "; names must differ.");
        }
      }
      return tensors;
    }

    private List<Output<?>> outputs(Graph graph, List<String> tensors) {
      List<Output<?>> outputs = new ArrayList<>();
      tensors.forEach(tensor -> outputs.add(output(graph, tensor)));
      return outputs;
    }

    private Output<?> output(Graph graph, String tensor) {
      String now = nodes.current(tensor);
      return graph.operationOrThrow(TensorName.node(now)).output(TensorName.index(now));
    }

    private List<Operation> operations(Graph graph, List<String> names) {
      List<Operation> operations = new ArrayList<>();
      names.forEach(name -> operations.add(graph.operationOrThrow(nodes.current(name))));
      return operations;
    }
  }
}

package dev.belay.graph.imported;

import dev.belay.graph.adapter.AdaptedWeight;
import dev.belay.graph.adapter.AdapterException;
import dev.belay.graph.adapter.AdapterPlan;
import dev.belay.graph.adapter.FirstValues;
import dev.belay.graph.imported.rewrite.LowRankProducts;
import dev.belay.graph.imported.rewrite.NodeGraph;
import dev.belay.graph.variable.GraphVariable;
import dev.belay.graph.variable.VariableSpec;
import dev.belay.graph.variable.Variables;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tensorflow.Graph;
import org.tensorflow.Operation;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;

/**
 * Adapters of a foreign graph: the rewrite that adds their nodes, then their variables in the
 * graph.
 *
 * @param plan of the adapters
 * @param products the rewrite
 */
record ImportedAdapters(AdapterPlan plan, LowRankProducts products) {

  /** Chooses the weights; errors as {@link LowRankProducts#choose}. */
  static ImportedAdapters of(NodeGraph nodes, ForwardSpec spec, AdapterPlan plan) {
    Set<String> outside = new HashSet<>();
    spec.calls().forEach(call -> call.outputs().forEach(output -> outside.add(output.tensor())));
    spec.customGradients().forEach(gradient -> outside.addAll(gradient.captures()));
    List<LowRankProducts.Candidate> candidates =
        spec.variables().stream()
            .map(bound -> new LowRankProducts.Candidate(bound.spec(), bound.handle()))
            .toList();
    List<String> trained = spec.trainedRoots(); // none if the model is only evaluated
    return new ImportedAdapters(
        plan,
        LowRankProducts.choose(
            nodes,
            plan,
            candidates,
            nodes.needed(trained.isEmpty() ? spec.roots() : trained),
            outside));
  }

  /** The weights that have an adapter. */
  List<AdaptedWeight> adapted() {
    return products.adapted();
  }

  /**
   * Whether a variable of the model trains.
   *
   * @param chosen whether it was named as one that trains
   * @throws AdapterException if a weight with an adapter was
   */
  boolean trains(VariableSpec variable, boolean chosen) {
    List<String> names = adapted().stream().map(AdaptedWeight::weight).toList();
    if (chosen && names.contains(variable.name())) {
      throw AdapterException.trains(variable.name());
    }
    return chosen || plan.biases().train(variable.name(), names);
  }

  /** Adds the adapters' variables to a model's, and returns the ops that initialize them. */
  List<Operation> bind(Graph graph, Variables variables) {
    Ops tf = Ops.create(graph).withSubScope("belay_adapter_values");
    List<Operation> initializers = new ArrayList<>();
    for (AdaptedWeight one : adapted()) {
      FirstValues.Draw draw = new FirstValues.Draw(plan.seed(), initializers.size() / 2);
      GraphVariable a = bind(graph, variables, one.specOfA());
      GraphVariable b = bind(graph, variables, one.specOfB());
      initializers.addAll(FirstValues.of(tf, one, a, b, draw));
    }
    return initializers;
  }

  /** The nodes that read the adapters' variables. */
  List<String> reads() {
    return products.handles().values().stream().map(LowRankProducts.Handles::read).toList();
  }

  private GraphVariable bind(Graph graph, Variables variables, VariableSpec spec) {
    Map<String, LowRankProducts.Handles> handles = products.handles();
    LowRankProducts.Handles nodes = handles.get(spec.name());
    return variables.bind(spec, output(graph, nodes.handle()), output(graph, nodes.read()));
  }

  private static Output<?> output(Graph graph, String node) {
    return graph.operationOrThrow(node).output(0);
  }
}

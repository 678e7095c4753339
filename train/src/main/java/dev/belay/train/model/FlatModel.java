package dev.belay.train.model;

import dev.belay.graph.imported.ForwardSpec;
import dev.belay.graph.imported.InputSources;
import dev.belay.graph.variable.VariableSpec;
import dev.belay.savedmodel.model.FlatGraph;
import dev.belay.savedmodel.model.ModelFunction;
import dev.belay.savedmodel.model.ModelVariable;
import dev.belay.savedmodel.model.SavedModelContents;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Functions of a SavedModel, expanded into one flat graph.
 *
 * @param flat the graph
 * @param variables the graph's variables under names that are unique
 */
record FlatModel(FlatGraph flat, Map<String, FlatGraph.FlatVariable> variables) {

  /** Names of TensorFlow 2 variables may repeat; then the object's number is added. */
  static FlatModel of(SavedModelContents contents, FlatGraph flat) {
    Map<String, Integer> uses = new LinkedHashMap<>();
    contents.variables().forEach(variable -> uses.merge(variable.name(), 1, Integer::sum));
    Map<String, FlatGraph.FlatVariable> named = new LinkedHashMap<>();
    for (FlatGraph.FlatVariable variable : flat.variables()) {
      ModelVariable facts = variable.variable();
      boolean unique = uses.get(facts.name()) == 1;
      named.put(unique ? facts.name() : facts.name() + "#" + facts.id(), variable);
    }
    return new FlatModel(flat, named);
  }

  /** A function of the model in the graph; null if it was not expanded. */
  FlatGraph.FlatFunction function(ModelFunction source) {
    return flat.functions().stream()
        .filter(function -> function.source().equals(source))
        .findFirst()
        .orElse(null);
  }

  /** Whether the model's author lets a variable train. */
  boolean trains(String variable) {
    return variables.get(variable).variable().trainable();
  }

  /**
   * The name of a function's call in the graph. The two calls of a TF1 signature, with its switch
   * on and off, have one path and one function; their scopes differ.
   */
  static String callName(FlatGraph.FlatFunction function) {
    return function.scope();
  }

  /**
   * The same facts as classes of {@code graph}.
   *
   * @param functions those that are to be called
   * @param trained those of them that a loss is differentiated through
   */
  ForwardSpec forwardSpec(
      Collection<FlatGraph.FlatFunction> functions, Collection<FlatGraph.FlatFunction> trained) {
    return forwardSpec(functions, trained, InputSources.NONE);
  }

  /** The same, where some inputs are not fed on their own. */
  ForwardSpec forwardSpec(
      Collection<FlatGraph.FlatFunction> functions,
      Collection<FlatGraph.FlatFunction> trained,
      InputSources sources) {
    List<ForwardSpec.BoundVariable> bound = new ArrayList<>();
    variables.forEach(
        (name, variable) -> {
          ModelVariable facts = variable.variable();
          bound.add(
              new ForwardSpec.BoundVariable(
                  new VariableSpec(name, facts.dtype(), facts.shape(), facts.trainable()),
                  variable.handle()));
        });
    return new ForwardSpec(
        flat.graphDef(),
        functions.stream()
            .map(function -> call(function, trained.contains(function), sources))
            .toList(),
        bound,
        flat.initializers(),
        flat.customGradients().stream()
            .map(
                gradient ->
                    new ForwardSpec.CustomGradient(
                        gradient.node(),
                        gradient.results(),
                        gradient.function(),
                        gradient.arguments(),
                        gradient.captures()))
            .toList(),
        flat.missingCustomGradients().stream()
            .map(lost -> new ForwardSpec.MissingCustomGradient(lost.node(), lost.gradient()))
            .toList(),
        sources);
  }

  private static ForwardSpec.Call call(
      FlatGraph.FlatFunction function, boolean trains, InputSources sources) {
    return new ForwardSpec.Call(
        callName(function),
        function.inputs().stream()
            .filter(input -> !sources.labels().contains(input.tensor()))
            .map(
                input ->
                    new ForwardSpec.NamedTensor(
                        InputMapping.lastPart(input.name()),
                        sources.shared().getOrDefault(input.tensor(), input.tensor())))
            .toList(),
        named(function.outputs()),
        function.updates(),
        trains);
  }

  private static List<ForwardSpec.NamedTensor> named(List<FlatGraph.FlatTensor> tensors) {
    return tensors.stream()
        .map(tensor -> new ForwardSpec.NamedTensor(tensor.name(), tensor.tensor()))
        .toList();
  }
}

package dev.belay.train.model;

import dev.belay.graph.imported.ForwardSpec;
import dev.belay.graph.variable.VariableSpec;
import dev.belay.savedmodel.model.FlatGraph;
import dev.belay.savedmodel.model.GraphPolicy;
import dev.belay.savedmodel.model.ModelFunction;
import dev.belay.savedmodel.model.ModelVariable;
import dev.belay.savedmodel.model.SavedModelContents;
import dev.belay.savedmodel.model.SavedModelReader;
import dev.belay.savedmodel.model.TrainingFunctions;
import dev.belay.savedmodel.model.inline.FunctionInliner;
import dev.belay.savedmodel.model.inline.InlineOptions;
import dev.belay.train.config.ModelConfig;
import dev.belay.train.data.example.FeatureNames;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * A SavedModel with the functions to train and to evaluate through, expanded into one flat graph.
 *
 * @param source where it lies
 * @param contents what the files hold
 * @param training the function to train through
 * @param evaluation the function to evaluate and predict through; may be the same
 * @param flat both, over one set of variables
 * @param variables the flat graph's variables under names that are unique
 * @param notes what people should know about the choice of functions
 */
public record TrainableModel(
    ModelSource source,
    SavedModelContents contents,
    FlatGraph.FlatFunction training,
    FlatGraph.FlatFunction evaluation,
    FlatGraph flat,
    Map<String, FlatGraph.FlatVariable> variables,
    List<String> notes) {

  /** Reads a model to train it. */
  public static TrainableModel forTraining(ModelConfig config) throws IOException {
    SavedModelContents contents = contents(config);
    TrainingFunctions chosen = TrainingFunctions.choose(contents, config.signature());
    return of(config, contents, chosen);
  }

  /** Reads a model to evaluate it or predict with it. */
  public static TrainableModel forEvaluation(ModelConfig config) throws IOException {
    SavedModelContents contents = contents(config);
    TrainingFunctions chosen = TrainingFunctions.choose(contents, config.signature());
    return of(
        config,
        contents,
        new TrainingFunctions(chosen.evaluation(), chosen.evaluation(), List.of()));
  }

  private static SavedModelContents contents(ModelConfig config) throws IOException {
    return SavedModelReader.read(
        ModelSource.at(config.path()).directory(),
        GraphPolicy.strict().allowing(config.trust().allowedOps()));
  }

  private static TrainableModel of(
      ModelConfig config, SavedModelContents contents, TrainingFunctions chosen)
      throws IOException {
    List<ModelFunction> functions =
        Stream.of(chosen.training(), chosen.evaluation()).distinct().toList();
    InlineOptions options =
        InlineOptions.defaults().acceptingNaturalGradient(config.trust().naturalGradients());
    FlatGraph flat = FunctionInliner.inline(contents, functions, options);
    List<FlatGraph.FlatFunction> expanded = flat.functions();
    return new TrainableModel(
        new ModelSource(contents.directory()),
        contents,
        expanded.get(0),
        expanded.get(expanded.size() - 1),
        flat,
        uniquelyNamed(contents, flat),
        chosen.notes());
  }

  /** Names of TensorFlow 2 variables may repeat; then the object's number is added. */
  private static Map<String, FlatGraph.FlatVariable> uniquelyNamed(
      SavedModelContents contents, FlatGraph flat) {
    Map<String, Integer> uses = new LinkedHashMap<>();
    contents.variables().forEach(variable -> uses.merge(variable.name(), 1, Integer::sum));
    Map<String, FlatGraph.FlatVariable> named = new LinkedHashMap<>();
    for (FlatGraph.FlatVariable variable : flat.variables()) {
      ModelVariable facts = variable.variable();
      boolean unique = uses.get(facts.name()) == 1;
      named.put(unique ? facts.name() : facts.name() + "#" + facts.id(), variable);
    }
    return named;
  }

  /** The same facts in the words of the graph room. */
  public ForwardSpec forwardSpec() {
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
        flat.functions().stream().map(TrainableModel::call).toList(),
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
            .toList());
  }

  private static ForwardSpec.Call call(FlatGraph.FlatFunction function) {
    return new ForwardSpec.Call(
        callName(function),
        named(function.inputs(), InputMapping::lastPart),
        named(function.outputs(), name -> name),
        function.updates());
  }

  /** The name of a function's call in the graph. */
  public static String callName(FlatGraph.FlatFunction function) {
    return function.source().path() + ":" + function.source().functionName();
  }

  private static List<ForwardSpec.NamedTensor> named(
      List<FlatGraph.FlatTensor> tensors, UnaryOperator<String> name) {
    return tensors.stream()
        .map(tensor -> new ForwardSpec.NamedTensor(name.apply(tensor.name()), tensor.tensor()))
        .toList();
  }

  /** How many token ids the model knows, if it looks its token input up in a table. */
  public OptionalInt vocabularySize() {
    return training.inputs().stream()
        .filter(
            input ->
                FeatureNames.holdsTokenIds(
                    FeatureNames.canonical(InputMapping.lastPart(input.name()))))
        .map(input -> EmbeddingTable.rows(flat, input.tensor()))
        .filter(OptionalInt::isPresent)
        .mapToInt(OptionalInt::getAsInt)
        .min();
  }
}

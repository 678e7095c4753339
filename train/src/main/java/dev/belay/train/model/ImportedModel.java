package dev.belay.train.model;

import dev.belay.graph.forward.ForwardCall;
import dev.belay.graph.imported.ForwardSpec;
import dev.belay.graph.variable.GraphVariable;
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
import dev.belay.savedmodel.tensor.TensorPieces;
import dev.belay.savedmodel.weights.OptimizerState;
import dev.belay.train.config.ConfigException;
import dev.belay.train.config.ModelConfig;
import dev.belay.train.data.example.FeatureNames;
import dev.belay.train.data.example.LabelMap;
import dev.belay.train.report.Provenance;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
public record ImportedModel(
    ModelSource source,
    SavedModelContents contents,
    FlatGraph.FlatFunction training,
    FlatGraph.FlatFunction evaluation,
    FlatGraph flat,
    Map<String, FlatGraph.FlatVariable> variables,
    List<String> notes)
    implements TrainableModel {

  /** Reads a model to train it. */
  public static ImportedModel forTraining(ModelConfig config) throws IOException {
    SavedModelContents contents = contents(config);
    TrainingFunctions chosen = TrainingFunctions.choose(contents, config.signature());
    return of(config, contents, chosen);
  }

  /** Reads a model to evaluate it or predict with it. */
  static ImportedModel forEvaluation(ModelConfig config) throws IOException {
    SavedModelContents contents = contents(config);
    TrainingFunctions chosen = TrainingFunctions.choose(contents, config.signature());
    return of(
        config,
        contents,
        new TrainingFunctions(chosen.evaluation(), chosen.evaluation(), List.of()));
  }

  private static SavedModelContents contents(ModelConfig config) throws IOException {
    requireFeatures(config);
    return SavedModelReader.read(
        ModelSource.of(config).directory(),
        GraphPolicy.strict().allowing(config.trust().allowedOps()));
  }

  private static void requireFeatures(ModelConfig config) {
    boolean newHead = config.head() != ModelConfig.HeadKind.NONE;
    if (newHead && config.features().isEmpty()) {
      throw new ConfigException(
          List.of(
              "--head "
                  + config.head().option()
                  + " needs --features: the output or inner tensor that the new head reads;"
                  + " `belay inspect MODEL` lists them"));
    }
    if (!newHead && config.features().isPresent()) {
      throw new ConfigException(
          List.of("--features is only for a new head: add --head, or leave it out"));
    }
  }

  private static ImportedModel of(
      ModelConfig config, SavedModelContents contents, TrainingFunctions chosen)
      throws IOException {
    List<ModelFunction> functions =
        Stream.of(chosen.training(), chosen.evaluation()).distinct().toList();
    InlineOptions options =
        InlineOptions.defaults().acceptingNaturalGradient(config.trust().naturalGradients());
    FlatGraph flat = FunctionInliner.inline(contents, functions, options);
    List<FlatGraph.FlatFunction> expanded = flat.functions();
    return new ImportedModel(
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
        flat.functions().stream().map(ImportedModel::call).toList(),
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
  static String callName(FlatGraph.FlatFunction function) {
    return function.source().path() + ":" + function.source().functionName();
  }

  private static List<ForwardSpec.NamedTensor> named(
      List<FlatGraph.FlatTensor> tensors, UnaryOperator<String> name) {
    return tensors.stream()
        .map(tensor -> new ForwardSpec.NamedTensor(name.apply(tensor.name()), tensor.tensor()))
        .toList();
  }

  @Override
  public ModelGraph graph(ModelConfig config, long seed) throws IOException {
    return new ImportedPasses(this, config, seed).graph();
  }

  @Override
  public InputMapping inputs(Map<String, String> chosen, boolean trains) {
    return InputMapping.of((trains ? training : evaluation).source(), chosen);
  }

  @Override
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

  @Override
  public OptionalInt maxSeqLength() throws IOException {
    return source.maxSeqLength();
  }

  @Override
  public OptionalInt decoderStart() {
    return OptionalInt.empty();
  }

  @Override
  public OptionalInt endId() {
    return OptionalInt.empty();
  }

  @Override
  public Optional<LabelMap> labels() {
    return source.labels();
  }

  @Override
  public List<Map<String, Object>> hashes() throws IOException {
    return Provenance.hashTree(contents.directory().toAbsolutePath().normalize());
  }

  @Override
  public boolean begins(GraphVariable variable) {
    return true;
  }

  @Override
  public boolean holds(GraphVariable variable) {
    return false;
  }

  @Override
  public TensorPieces value(String variable) {
    return sink -> sink.accept(contents.read(stored(variable)));
  }

  @Override
  public Optional<OptimizerState> optimizer() {
    return Optional.empty();
  }

  @Override
  public boolean marksTrainable(String variable) {
    return variables.get(variable).variable().trainable();
  }

  @Override
  public Optional<SavedModelContents> savedModel() {
    return Optional.of(contents);
  }

  @Override
  public ModelVariable stored(String variable) {
    return variables.get(variable).variable();
  }

  @Override
  public Serving serving(ForwardCall call, List<String> names) {
    return new Serving(evaluation.inputs(), flat.initializers(), flat.assets(), Map.of());
  }

  @Override
  public List<String> describe() {
    return List.of(describe(training.source()), describe(evaluation.source()));
  }

  private static String describe(ModelFunction function) {
    return function.path()
        + function.training().map(value -> " (training=" + value + ")").orElse("");
  }
}

package dev.belay.train.model;

import dev.belay.graph.forward.ForwardCall;
import dev.belay.graph.imported.ForwardSpec;
import dev.belay.graph.variable.GraphVariable;
import dev.belay.graph.variable.HeldRows;
import dev.belay.savedmodel.configuration.HeadDescription;
import dev.belay.savedmodel.model.FlatGraph;
import dev.belay.savedmodel.model.GraphPolicy;
import dev.belay.savedmodel.model.ModelFunction;
import dev.belay.savedmodel.model.ModelVariable;
import dev.belay.savedmodel.model.SavedModelContents;
import dev.belay.savedmodel.model.SavedModelReader;
import dev.belay.savedmodel.model.TrainingFunctions;
import dev.belay.savedmodel.tensor.TensorPieces;
import dev.belay.savedmodel.weights.OptimizerState;
import dev.belay.train.adapter.ImportedAdapter;
import dev.belay.train.adapter.StoredAdapter;
import dev.belay.train.config.ConfigException;
import dev.belay.train.config.EmbeddingConfig;
import dev.belay.train.config.ModelConfig;
import dev.belay.train.data.example.FeatureNames;
import dev.belay.train.data.example.LabelMap;
import dev.belay.train.data.example.UnfedInput;
import dev.belay.train.doctor.NativeTensorFlow;
import dev.belay.train.failure.ModelException;
import dev.belay.train.report.Provenance;
import dev.belay.train.task.Task;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/**
 * A SavedModel with the functions to train and to evaluate through, expanded into one flat graph.
 *
 * @param source location of the model
 * @param contents contents of the files
 * @param trains whether it is trained, or evaluated alone
 * @param countsLosses whether the losses that layers add belong to the loss
 * @param chosen the functions, over one set of variables; while the choice is open, the signature
 * @param open choices that require running the model
 * @param adapter that was read beside the SavedModel
 */
public record ImportedModel(
    ModelSource source,
    SavedModelContents contents,
    boolean trains,
    boolean countsLosses,
    TraceChoice.Chosen chosen,
    Optional<TraceChoice> open,
    Optional<StoredAdapter> adapter)
    implements TrainableModel {

  /** Reads a model to train it. */
  public static ImportedModel forTraining(ModelConfig config) throws IOException {
    return read(config, true);
  }

  /** Reads a model to evaluate it or predict with it. */
  static ImportedModel forEvaluation(ModelConfig config) throws IOException {
    return read(config, false);
  }

  private static ImportedModel read(ModelConfig config, boolean trains) throws IOException {
    requireFeatures(config);
    SavedModelContents contents =
        SavedModelReader.read(
            ModelSource.of(config).directory(),
            GraphPolicy.strict().allowing(config.trust().allowedOps()),
            config.files().tags());
    Optional<StoredAdapter> adapter =
        ImportedAdapter.read(config, contents.directory(), () -> hashes(contents));
    ModelSource source = new ModelSource(contents.directory());
    if (config.loss().isOn()) {
      TraceChoice.Chosen byLoss = LossFunction.chosen(config, contents);
      return new ImportedModel(source, contents, trains, false, byLoss, Optional.empty(), adapter);
    }
    TrainingFunctions functions = TrainingFunctions.choose(contents, config.signature());
    TraceChoice choice = new TraceChoice(config, contents, functions, trains);
    Optional<TraceChoice.Chosen> chosen = choice.byStructure();
    return new ImportedModel(
        source,
        contents,
        trains,
        config.modelLosses(),
        chosen.isPresent() ? chosen.get() : choice.bySignature(),
        chosen.isPresent() ? Optional.empty() : Optional.of(choice),
        adapter);
  }

  private static void requireFeatures(ModelConfig config) {
    if (config.embedding().isGiven() || config.head().equals(EmbeddingConfig.HEAD)) {
      throw new ModelException(
          config.path()
              + ": --head "
              + EmbeddingConfig.HEAD
              + ", --pooling and --normalize are for weights without a graph, such as a Hugging"
              + " Face folder or a checkpoint, and this is a SavedModel with a graph of its own");
    }
    if (config.gradientCheckpointing()) {
      throw new ModelException(
          config.path()
              + ": --gradient-checkpointing is for models that Belay builds, from a Hugging Face"
              + " folder or a checkpoint, and this is a SavedModel with a graph of its own, whose"
              + " blocks are unknown. Train its weights without that graph, or use less memory"
              + " with a smaller --train-batch-size and --gradient-accumulation-steps, or with"
              + " --adapter lora");
    }
    boolean newHead = config.newHead().isPresent();
    if (newHead && config.features().isEmpty()) {
      throw new ConfigException(
          List.of(
              "--head "
                  + config.head()
                  + " needs --features: the output or inner tensor that the new head reads;"
                  + " `belay inspect MODEL` lists them"));
    }
    if (!newHead && config.features().isPresent()) {
      throw new ConfigException(
          List.of("--features is only for a new head: add --head, or leave it out"));
    }
  }

  @Override
  public TrainableModel decided() throws IOException {
    NativeTensorFlow.version();
    return open.isEmpty()
        ? this
        : new ImportedModel(
            source,
            contents,
            trains,
            countsLosses,
            open.get().byProbe(),
            Optional.empty(),
            adapter);
  }

  /** The function to train through. */
  public FlatGraph.FlatFunction training() {
    return chosen.training();
  }

  /** The function to evaluate and predict through; may be the same. */
  public FlatGraph.FlatFunction evaluation() {
    return chosen.evaluation();
  }

  /** The function that computes the loss, if the model itself does. */
  Optional<LossFunction> loss() {
    return chosen.loss();
  }

  /** The function that predicts, if it is neither. */
  Optional<FlatGraph.FlatFunction> prediction() {
    return chosen.prediction();
  }

  /** All functions, in one graph. */
  public FlatGraph flat() {
    return chosen.model().flat();
  }

  /** The flat graph's variables under names that are unique. */
  public Map<String, FlatGraph.FlatVariable> variables() {
    return chosen.model().variables();
  }

  /** Notes about the choice of graph and functions, for people. */
  ModelNotes notes() {
    ModelNotes notes = new ModelNotes();
    List<String> tags = contents.tags();
    if (!tags.contains(SavedModelContents.SERVE)) {
      notes.add(
          "no graph is tagged "
              + SavedModelContents.SERVE
              + ": the one "
              + (tags.isEmpty() ? "without tags" : "with the tag " + String.join(",", tags))
              + " is used");
    }
    return notes.addAll(chosen.notes());
  }

  /** The same facts as classes of {@code graph}. */
  public ForwardSpec forwardSpec() {
    Set<FlatGraph.FlatFunction> trained = new LinkedHashSet<>();
    if (trains) {
      trained.add(training());
      trained.addAll(chosen.regularizers());
    }
    Set<FlatGraph.FlatFunction> all = new LinkedHashSet<>(List.of(training(), evaluation()));
    all.addAll(chosen.regularizers());
    chosen.prediction().ifPresent(all::add);
    return chosen.model().forwardSpec(all, trained, LossInputs.of(chosen));
  }

  @Override
  public ModelGraph graph(ModelConfig config, long seed, Map<String, HeldRows> held)
      throws IOException {
    if (!held.isEmpty()) {
      throw new IllegalArgumentException("a foreign graph reads whole tables, not " + held);
    }
    if (open.isPresent()) {
      throw new IllegalStateException("which functions to use is not decided yet");
    }
    return new ImportedPasses(this, config, seed).graph();
  }

  @Override
  public Optional<Task> task() {
    return Optional.empty();
  }

  @Override
  public WordTable words(ModelConfig config) {
    return WordTable.FOREIGN;
  }

  /** A model that was read for an evaluation has chosen its functions for that. */
  @Override
  public ModelGraph evaluationGraph(ModelConfig config, long seed) throws IOException {
    return graph(config, seed);
  }

  @Override
  public InputMapping inputs(Map<String, String> chosenInputs, boolean trains) {
    return InputMapping.of(
        evaluation().source(),
        chosenInputs,
        loss().map(function -> InputMapping.lastPart(function.labels().name())));
  }

  @Override
  public OptionalInt vocabularySize() {
    return rows(FeatureNames::holdsTokenIds);
  }

  /** Rows of the smallest table in which an input of such a feature is looked up. */
  private OptionalInt rows(Predicate<String> feature) {
    return evaluation().inputs().stream()
        .filter(input -> feature.test(FeatureNames.canonical(InputMapping.lastPart(input.name()))))
        .map(input -> EmbeddingTable.rows(flat(), input.tensor()))
        .filter(OptionalInt::isPresent)
        .mapToInt(OptionalInt::getAsInt)
        .min();
  }

  @Override
  public OptionalInt maxSeqLength() throws IOException {
    return IntStream.concat(
            source.maxSeqLength().stream(), PositionTable.positions(flat()).stream())
        .min();
  }

  @Override
  public OptionalInt paddingId() {
    return OptionalInt.empty();
  }

  @Override
  public OptionalInt decoderStart() {
    return OptionalInt.empty();
  }

  @Override
  public OptionalInt tokenTypes() {
    return rows(FeatureNames.TOKEN_TYPE_IDS::equals);
  }

  @Override
  public Map<String, UnfedInput> unfedInputs() {
    List<String> inputs =
        evaluation().inputs().stream()
            .map(input -> FeatureNames.canonical(InputMapping.lastPart(input.name())))
            .toList();
    return UnfedInputs.ofSavedModel(inputs, described().isCausal());
  }

  @Override
  public boolean generates() {
    return false;
  }

  @Override
  public Set<Integer> endIds() {
    return Set.of();
  }

  @Override
  public Optional<LabelMap> labels() {
    return source.labels().or(this::describedLabels);
  }

  /** Hugging Face's config.json of its head, if it is in or above the folder. */
  HeadDescription described() {
    try {
      return source.head();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Names given by the user, not those that Hugging Face gives outputs without one. */
  private Optional<LabelMap> describedLabels() {
    List<String> names = described().labels();
    boolean given =
        !names.isEmpty()
            && names.stream().noneMatch(LabelMap::isUnnamedOutput)
            && names.stream().distinct().count() == names.size();
    return given ? Optional.of(LabelMap.configured(names)) : Optional.empty();
  }

  @Override
  public List<Map<String, Object>> hashes() throws IOException {
    return hashes(contents);
  }

  private static List<Map<String, Object>> hashes(SavedModelContents contents) throws IOException {
    return Provenance.hashTree(contents.directory().toAbsolutePath().normalize());
  }

  @Override
  public boolean begins(GraphVariable variable) {
    return variables().containsKey(variable.name()) || isRead(variable.name());
  }

  @Override
  public boolean holds(GraphVariable variable) {
    return false;
  }

  @Override
  public TensorPieces value(String variable) {
    return isRead(variable)
        ? adapter.orElseThrow().tensors().pieces(variable)
        : sink -> sink.accept(contents.read(stored(variable)));
  }

  private boolean isRead(String variable) {
    return adapter.map(read -> read.tensors().names().contains(variable)).orElse(false);
  }

  /** Whether a variable trains, which one that trained beside the adapter goes on to. */
  boolean trains(String variable, ModelConfig config) {
    boolean trained =
        config.adapter().isOn() && adapter.map(read -> read.trains(variable)).orElse(false);
    return trained ? !config.freezes(variable) : config.trains(variable);
  }

  @Override
  public Optional<OptimizerState> optimizer() {
    return Optional.empty();
  }

  @Override
  public boolean marksTrainable(String variable) {
    FlatGraph.FlatVariable own = variables().get(variable);
    return own == null || own.variable().trainable();
  }

  @Override
  public Optional<SavedModelContents> savedModel() {
    return Optional.of(contents);
  }

  @Override
  public ModelVariable stored(String variable) {
    return variables().get(variable).variable();
  }

  @Override
  public Serving serving(ForwardCall call, List<String> names) {
    return new Serving(evaluation().inputs(), flat().initializers(), flat().assets(), Map.of());
  }

  @Override
  public List<String> describe() {
    return List.of(describe(training().source()), describe(evaluation().source()));
  }

  private static String describe(ModelFunction function) {
    return function.path()
        + function.training().map(value -> " (training=" + value + ")").orElse("");
  }
}

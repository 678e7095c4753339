package dev.belay.train.model;

import dev.belay.graph.ForwardPass;
import dev.belay.graph.forward.ForwardCall;
import dev.belay.graph.forward.ForwardModel;
import dev.belay.graph.forward.LayeredForward;
import dev.belay.graph.layer.Activation;
import dev.belay.graph.layer.Parameters;
import dev.belay.graph.variable.GraphVariable;
import dev.belay.graph.variable.HeldRows;
import dev.belay.savedmodel.configuration.ConfigurationReader;
import dev.belay.savedmodel.configuration.GenerationSettings;
import dev.belay.savedmodel.configuration.ModelConfiguration;
import dev.belay.savedmodel.model.GraphPolicy;
import dev.belay.savedmodel.model.ModelVariable;
import dev.belay.savedmodel.model.SavedModelContents;
import dev.belay.savedmodel.tensor.TensorPieces;
import dev.belay.savedmodel.weights.ModelWeights;
import dev.belay.savedmodel.weights.OptimizerState;
import dev.belay.savedmodel.weights.SentenceTransformers;
import dev.belay.savedmodel.weights.WeightLocation;
import dev.belay.savedmodel.weights.WeightReader;
import dev.belay.train.adapter.AdapterNotes;
import dev.belay.train.adapter.AdapterPlans;
import dev.belay.train.adapter.StoredAdapter;
import dev.belay.train.config.ConfigException;
import dev.belay.train.config.ModelConfig;
import dev.belay.train.data.example.LabelMap;
import dev.belay.train.data.example.SummaryToken;
import dev.belay.train.data.example.TargetRule;
import dev.belay.train.data.example.UnfedInput;
import dev.belay.train.doctor.NativeTensorFlow;
import dev.belay.train.family.EncoderFamily;
import dev.belay.train.report.Provenance;
import dev.belay.train.step.TensorSpecs;
import dev.belay.train.task.CausalLm;
import dev.belay.train.task.HeadFiles;
import dev.belay.train.task.Task;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;
import org.tensorflow.Graph;

/**
 * Weights without a graph, whichever dialect they are in: Belay builds the graph, whose variables
 * have the weights' canonical names and forms.
 *
 * @param source location of the weights
 * @param configuration configuration of the model
 * @param weights float32, by canonical name
 * @param head head of the model
 * @param optimizer slots and step of an earlier training
 * @param adapter that was read beside the weights, which hold its tensors
 * @param origins notes on the files
 */
record NativeModel(
    ModelSource source,
    ModelConfiguration configuration,
    NativeWeights weights,
    NativeHead head,
    Optional<OptimizerState> optimizer,
    Optional<StoredAdapter> adapter,
    ModelNotes origins)
    implements TrainableModel {
  private static final NativeWeights NO_WEIGHTS =
      new NativeWeights(new NoTensors(), Set.of(), Set.of());

  static NativeModel read(ModelSource source, ModelConfig config) throws IOException {
    GraphOptions.refuse(config);
    if (config.files().fromScratch()) {
      return fromScratch(source, config);
    }
    WeightLocation location = source.weights().orElseThrow();
    ModelWeights read = WeightReader.read(location, GraphPolicy.strict(), Optional.empty());
    ModelConfiguration configuration =
        read.configuration().orElseThrow(() -> new UndescribedWeights(location).refusal());
    ModelNotes notes = new ModelNotes();
    notes.add("weights: " + location);
    ConfigurationKeys.require(
        configuration, location.configuration().orElse(location.path()), notes);
    ConfigurationKeys.noteGeneration(configuration, location, notes);
    NativeWeights base = NativeWeights.of(read, config.files().ignoredWeights(), notes);
    Optional<StoredAdapter> adapter =
        StoredAdapter.read(
            config,
            base.names(),
            NativeBody.prefixes(configuration.family()),
            () -> Provenance.hashes(location.files()));
    NativeWeights weights = base.with(adapter);
    NativeHead head =
        NativeHead.of(
            new HeadFiles(config, configuration, weights, NativeHead.modules(location, config)));
    if (head.files().modules().isEmpty()) {
      SentenceTransformers.note(location.folder()).ifPresent(notes::add);
    }
    NativeModel model =
        new NativeModel(
            source,
            configuration,
            weights,
            head,
            config.files().restoreOptimizer() == ModelConfig.RestoreOptimizer.AUTO
                ? read.optimizer()
                : Optional.empty(),
            adapter,
            notes);
    model.activation();
    return model;
  }

  /** A model that has no weights yet. */
  private static NativeModel fromScratch(ModelSource source, ModelConfig config)
      throws IOException {
    if (config.adapter().isOn()) {
      throw new ConfigException(
          List.of(
              "--adapter and --from-scratch: choose one; adapters need weights that are trained"
                  + " already"));
    }
    WeightLocation location = source.weights().orElseThrow();
    Path file = location.configuration().orElseThrow();
    ModelConfiguration configuration = ConfigurationReader.read(file);
    ModelNotes notes = new ModelNotes();
    notes.add("configuration: " + location.path());
    ConfigurationKeys.require(configuration, file, notes);
    return new NativeModel(
        source,
        configuration,
        NO_WEIGHTS,
        NativeHead.of(config, configuration, NO_WEIGHTS),
        Optional.empty(),
        Optional.empty(),
        notes);
  }

  @Override
  public TrainableModel decided() {
    NativeTensorFlow.version();
    return this;
  }

  @Override
  public ModelGraph graph(ModelConfig config, long seed, Map<String, HeldRows> held)
      throws IOException {
    return graph(config, options(config, seed).holding(held));
  }

  @Override
  public ModelGraph packedGraph(ModelConfig config, long seed, Map<String, HeldRows> held)
      throws IOException {
    if (!(head.task() instanceof CausalLm)) {
      return TrainableModel.super.packedGraph(config, seed, held);
    }
    return graph(config, options(config, seed).holding(held).forPackedRows());
  }

  @Override
  public Optional<Task> task() {
    return Optional.of(head.task());
  }

  @Override
  public WordTable words(ModelConfig config) {
    WordTable table = NativeBody.of(this).words();
    return table
        .whole(config.files().fromScratch(), "they begin at random, all drawn at once")
        .whole(optimizer.isPresent(), "the files have slots of an earlier training for them")
        .whole(!trains(table.name(), config), "they do not train");
  }

  @Override
  public ModelGraph evaluationGraph(ModelConfig config, long seed) throws IOException {
    return graph(config, options(config, seed).forEvaluation());
  }

  private LayeredForward.Options options(ModelConfig config, long seed) {
    boolean isFresh = config.files().fromScratch();
    return new LayeredForward.Options(
            new Parameters.Initialization(name -> isFresh, configuration.freshDeviation(), seed),
            variable -> trains(variable.name(), config),
            config.dropout(),
            AdapterPlans.of(config, seed, adapter))
        .recomputing(config.gradientCheckpointing());
  }

  private ModelGraph graph(ModelConfig config, LayeredForward.Options options) throws IOException {
    Graph graph = new Graph();
    try {
      return new ModelGraph(graph, parts(graph, config, options));
    } catch (IOException | RuntimeException e) {
      graph.close();
      throw e;
    }
  }

  private ModelGraph.GraphContents parts(
      Graph graph, ModelConfig config, LayeredForward.Options options) throws IOException {
    boolean isFresh = config.files().fromScratch();
    long seed = options.beginning().seed();
    NativeBody body = NativeBody.of(this);
    ForwardModel forward = body.build(graph, options);
    if (!isFresh) {
      weights.requireRestored(forward, body, source.weights().orElseThrow().path());
    }
    if (config.adapter().isOn()) {
      adapter.ifPresent(read -> read.requireFits(forward));
    }
    String what = "Belay's own graph of " + configuration.type().key() + ", " + head.description();
    ModelNotes passes =
        new ModelNotes()
            .add(ModelUse.trainings(), "trains " + what)
            .add(Set.of(ModelUse.EVALUATION), "evaluates " + what)
            .add(Set.of(ModelUse.PREDICTION), "predicts with " + what);
    ModelNotes notes = new ModelNotes().addAll(AdapterNotes.of(forward)).addAll(origins);
    if (isFresh) {
      notes.add(
          "from scratch: all "
              + forward.variables().all().size()
              + " weights of the body begin at random, with a deviation of "
              + configuration.describedDeviation()
              + " and seed "
              + seed);
    }
    if (options.recomputes()) {
      notes.add("gradient checkpointing: the backward pass computes each block again");
    }
    options
        .held()
        .forEach((table, rows) -> notes.add("vocabulary: trains " + rows + " of " + table));
    List<String> unused = weights.unused(forward, head);
    if (!unused.isEmpty()) {
      notes.add("weights of other heads, not used by this one: " + unused);
    }
    return new ModelGraph.GraphContents(
        forward,
        pass(forward, options.trainedThrough(), body),
        pass(forward, LayeredForward.EVALUATION, body),
        head.task(),
        head.task().loss(false),
        head.description(),
        passes,
        notes,
        List.of(),
        outputs ->
            head.layers(new NativeHead.HeadRequest(this, forward, config, outputs, seed, notes)),
        Map.of());
  }

  /** Whether a weight trains, which one that trained beside the adapter goes on to. */
  boolean trains(String weight, ModelConfig config) {
    boolean trained = config.adapter().isOn() && adapter.map(a -> a.trains(weight)).orElse(false);
    return trained ? !config.freezes(weight) : config.trains(weight);
  }

  /** Activation of the feed-forward layers. */
  Activation activation() {
    boolean google =
        source
            .weights()
            .flatMap(WeightLocation::configuration)
            .map(file -> ConfigurationReader.TF1.contains(file.getFileName().toString()))
            .orElse(false);
    return EncoderFamily.activation(configuration, google);
  }

  private static ForwardPass pass(ForwardModel forward, String name, NativeBody body) {
    ForwardCall call = forward.call(name);
    return new ForwardPass(call, call.output(body.output()));
  }

  @Override
  public InputMapping inputs(Map<String, String> chosen, boolean trains) {
    return new InputMapping(NativeBody.of(this).inputs(), List.of());
  }

  @Override
  public OptionalInt usualLength() throws IOException {
    OptionalInt said = head.task().usualLength();
    return said.isPresent() || head.files().modules().isEmpty() ? said : maxSeqLength();
  }

  @Override
  public OptionalInt vocabularySize() {
    return OptionalInt.of(configuration.sizes().vocabulary());
  }

  @Override
  public OptionalInt maxSeqLength() throws IOException {
    OptionalInt most = NativeBody.of(this).maxLength();
    OptionalInt trained =
        head.task().keepsTrainedLength() ? source.maxSeqLength() : OptionalInt.empty();
    return IntStream.concat(most.stream(), trained.stream()).min();
  }

  @Override
  public OptionalInt paddingId() {
    return configuration.padId();
  }

  @Override
  public Optional<TargetRule> targets() {
    return head.task().targets(configuration);
  }

  @Override
  public Optional<SummaryToken> summaryToken() {
    return head.task().summaryToken(configuration);
  }

  @Override
  public OptionalInt decoderStart() {
    return head.task().decoderStart(configuration);
  }

  @Override
  public OptionalInt tokenTypes() {
    int types = configuration.sizes().types();
    return types > 0 ? OptionalInt.of(types) : OptionalInt.empty();
  }

  @Override
  public Map<String, UnfedInput> unfedInputs() {
    return UnfedInputs.of(configuration.family());
  }

  @Override
  public boolean generates() {
    return true;
  }

  @Override
  public Set<Integer> endIds() {
    return configuration.endIds();
  }

  @Override
  public GenerationSettings generation() throws IOException {
    return ConfigurationKeys.generation(configuration, source.weights().orElseThrow());
  }

  @Override
  public Optional<LabelMap> labels() {
    return head.labels();
  }

  @Override
  public List<Map<String, Object>> hashes() throws IOException {
    return Provenance.hashes(source.weights().orElseThrow().files());
  }

  @Override
  public boolean begins(GraphVariable variable) {
    return weights.names().contains(variable.name());
  }

  @Override
  public boolean holds(GraphVariable variable) {
    return weights.names().contains(variable.name())
        && weights.spec(variable.name()).equals(TensorSpecs.of(variable));
  }

  @Override
  public TensorPieces value(String variable) {
    return weights.pieces(variable);
  }

  @Override
  public boolean marksTrainable(String variable) {
    return true;
  }

  @Override
  public Optional<SavedModelContents> savedModel() {
    return Optional.empty();
  }

  @Override
  public ModelVariable stored(String variable) {
    throw new IllegalStateException("weights without a graph are not handed back in their own");
  }

  @Override
  public Serving serving(ForwardCall call, List<String> names) {
    return NativeServing.of(this, call, names);
  }

  @Override
  public List<String> describe() {
    String graph = "Belay's own graph of " + configuration.type().key();
    return List.of(graph + " (training)", graph + " (evaluation)");
  }
}

package dev.belay.train.model;

import dev.belay.graph.forward.ForwardCall;
import dev.belay.graph.variable.GraphVariable;
import dev.belay.graph.variable.HeldRows;
import dev.belay.savedmodel.configuration.GenerationSettings;
import dev.belay.savedmodel.model.FlatGraph;
import dev.belay.savedmodel.model.ModelVariable;
import dev.belay.savedmodel.model.SavedModelContents;
import dev.belay.savedmodel.tensor.TensorPieces;
import dev.belay.savedmodel.weights.OptimizerState;
import dev.belay.train.config.ConfigException;
import dev.belay.train.config.LossConfig;
import dev.belay.train.config.ModelConfig;
import dev.belay.train.data.example.LabelMap;
import dev.belay.train.data.example.SummaryToken;
import dev.belay.train.data.example.TargetRule;
import dev.belay.train.data.example.UnfedInput;
import dev.belay.train.doctor.NativeTensorFlow;
import dev.belay.train.failure.ModelException;
import dev.belay.train.task.Task;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * A model as its files have it, before it is in a graph: a SavedModel, whose own graph is trained,
 * or weights, for which Belay builds the graph.
 */
public sealed interface TrainableModel permits ImportedModel, NativeModel {

  /**
   * Reads a model to train it.
   *
   * @throws dev.belay.train.failure.MachineException if there is no native TensorFlow to train it
   *     in
   */
  static TrainableModel forTraining(ModelConfig config) throws IOException {
    NativeTensorFlow.require();
    ModelSource source = source(config);
    return source.weights().isPresent()
        ? NativeModel.read(source, config)
        : ImportedModel.forTraining(config);
  }

  /** Reads a model to evaluate it or predict with it; errors as {@link #forTraining}. */
  static TrainableModel forEvaluation(ModelConfig config) throws IOException {
    NativeTensorFlow.require();
    ModelSource source = source(config);
    return source.weights().isPresent()
        ? NativeModel.read(source, config)
        : ImportedModel.forEvaluation(config);
  }

  private static ModelSource source(ModelConfig config) throws IOException {
    config.loss().requireAlone(config);
    ModelSource source = ModelSource.of(config);
    if (source.weights().isPresent() && config.loss().isOn()) {
      throw new ModelException(
          config.path()
              + ": "
              + LossConfig.OPTION
              + " is for a SavedModel with a graph of its own, and these are weights, for which"
              + " Belay builds the graph and the loss: leave it out");
    }
    return source;
  }

  /** Location of the model. */
  ModelSource source();

  /**
   * The same model with everything decided that only running it can decide, such as which of its
   * functions is the one to train through. Native TensorFlow is loaded then. To be called before
   * {@link #graph}, and only of a model that native code has survived: see {@link ModelSandbox}.
   *
   * @throws IOException if no function will do, or the model cannot be read
   */
  TrainableModel decided() throws IOException;

  /** Puts it into a new graph. */
  default ModelGraph graph(ModelConfig config, long seed) throws IOException {
    return graph(config, seed, Map.of());
  }

  /**
   * Puts it into a new graph that holds some rows of its tables alone.
   *
   * @param held rows to hold of the tables of those names; of other tables, all
   */
  ModelGraph graph(ModelConfig config, long seed, Map<String, HeldRows> held) throws IOException;

  /**
   * The same for rows of several examples, which the attention mask numbers from 1.
   *
   * @throws ConfigException if it cannot keep them apart
   */
  default ModelGraph packedGraph(ModelConfig config, long seed, Map<String, HeldRows> held)
      throws IOException {
    throw new ConfigException(
        "--packing on is for Belay's own graph of a decoder with --head causal-lm, where no example"
            + " sees another in its row; expected --packing off for "
            + config.path());
  }

  /** Its task; empty if only its graph tells. */
  Optional<Task> task();

  /** The table of its word embeddings. */
  WordTable words(ModelConfig config);

  /**
   * Puts it into a new graph to evaluate it and predict with it: what only trains is left out, and
   * the pass to train through is the one to evaluate through.
   */
  ModelGraph evaluationGraph(ModelConfig config, long seed) throws IOException;

  /**
   * Assigns features to its inputs.
   *
   * @param chosen the user's own choice, feature name to input name
   * @param trains whether for training, or for evaluation alone
   */
  InputMapping inputs(Map<String, String> chosen, boolean trains);

  /** Number of token ids, if it looks its token input up in a table. */
  OptionalInt vocabularySize();

  /** The most tokens that it takes, or was trained with. */
  OptionalInt maxSeqLength() throws IOException;

  /** The most tokens of a text that its files name in place of the usual 128. */
  default OptionalInt usualLength() throws IOException {
    return OptionalInt.empty();
  }

  /** The id that it takes for padding, if its configuration says one. */
  OptionalInt paddingId();

  /** Rules for texts that it learns to write about others, if it does. */
  default Optional<TargetRule> targets() {
    return Optional.empty();
  }

  /** The token at whose last place in a text it reads the features of the text, if at one. */
  default Optional<SummaryToken> summaryToken() {
    return Optional.empty();
  }

  /** The id that generated texts start with, if it reads one text and generates another. */
  OptionalInt decoderStart();

  /** Number of token types, if it looks them up in a table. */
  OptionalInt tokenTypes();

  /** Inputs of its Python class that this graph lacks, by name. */
  Map<String, UnfedInput> unfedInputs();

  /** Whether it generates text token by token, besides returning logits. */
  boolean generates();

  /** The ids that end what it writes, if its configuration says any. */
  Set<Integer> endIds();

  /** The settings of generate that come with it. */
  default GenerationSettings generation() throws IOException {
    return GenerationSettings.NONE;
  }

  /** Class names in the order of its logits, if they are known. */
  Optional<LabelMap> labels();

  /** Each of its files, with its hash. */
  List<Map<String, Object>> hashes() throws IOException;

  /** Whether a variable of its body is initialized from its files, not at random. */
  boolean begins(GraphVariable variable);

  /** Whether it has the value of a variable of its head. */
  boolean holds(GraphVariable variable);

  /** The value of a variable, read at the call. */
  TensorPieces value(String variable);

  /** Slots and step of an earlier training, if its files have them. */
  Optional<OptimizerState> optimizer();

  /** Whether its author lets a variable train. */
  boolean marksTrainable(String variable);

  /** The whole SavedModel, if it can be exported with its own graph. */
  Optional<SavedModelContents> savedModel();

  /** Name of a variable in its SavedModel. */
  ModelVariable stored(String variable);

  /**
   * Parts of a new SavedModel of it besides the graph.
   *
   * @param call that it serves
   * @param names of the classes, if there are classes
   */
  Serving serving(ForwardCall call, List<String> names);

  /** The functions that it is trained and evaluated through, for people. */
  List<String> describe();

  /**
   * Parts of a new SavedModel besides the graph.
   *
   * @param inputs inputs that callers feed
   * @param initializers nodes that initialize lookup tables
   * @param assets files that the initializers read
   * @param extras files for people and programs, by name
   */
  record Serving(
      List<FlatGraph.FlatTensor> inputs,
      List<String> initializers,
      Map<String, Path> assets,
      Map<String, byte[]> extras) {}
}

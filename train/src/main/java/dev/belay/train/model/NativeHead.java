package dev.belay.train.model;

import dev.belay.graph.forward.ForwardModel;
import dev.belay.graph.head.Head;
import dev.belay.graph.head.HeadWeights;
import dev.belay.graph.layer.Parameters;
import dev.belay.savedmodel.configuration.ConfigurationWriter;
import dev.belay.savedmodel.configuration.ModelConfiguration;
import dev.belay.savedmodel.tensor.NamedTensors;
import dev.belay.savedmodel.weights.SentenceModules;
import dev.belay.savedmodel.weights.WeightLocation;
import dev.belay.train.config.EmbeddingConfig;
import dev.belay.train.config.ModelConfig;
import dev.belay.train.data.example.LabelMap;
import dev.belay.train.task.HeadChoice;
import dev.belay.train.task.HeadFiles;
import dev.belay.train.task.HeadInput;
import dev.belay.train.task.HeadLayers;
import dev.belay.train.task.Task;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The head of a model that Belay builds: the one that its weights hold, or a new one.
 *
 * @param files that it was chosen by
 * @param task that it answers
 * @param labels class names by index, if they are known
 */
record NativeHead(HeadFiles files, Task task, Optional<LabelMap> labels) {

  /** The requested head, else the one in the weights. */
  static NativeHead of(ModelConfig config, ModelConfiguration configuration, NamedTensors weights) {
    return of(new HeadFiles(config, configuration, weights, Optional.empty()));
  }

  /** Modules of sentence-transformers, unless another head is requested. */
  static Optional<SentenceModules> modules(WeightLocation location, ModelConfig config)
      throws IOException {
    boolean other = config.newHead().map(head -> !head.equals(EmbeddingConfig.HEAD)).orElse(false);
    return other ? Optional.empty() : SentenceModules.read(location.folder());
  }

  /** The requested head, else the one in the files. */
  static NativeHead of(HeadFiles files) {
    Task task = HeadChoice.of(files);
    return new NativeHead(files, task, task.names(files));
  }

  /** Whether a weight is part of it. */
  boolean reads(String weight) {
    return task.layers(files).stream().anyMatch(layer -> isOf(layer, weight));
  }

  private static boolean isOf(String layer, String weight) {
    return weight.equals(layer) || weight.startsWith(layer + ".");
  }

  String description() {
    return task.description(files.configuration().family());
  }

  /** Whether a weight of the body is the layer that only heads of whole examples read. */
  static boolean isPooler(String weight) {
    return weight.matches("[^.]+\\.pooler\\..*");
  }

  /**
   * Description of the head to build.
   *
   * @param forward the body in the graph
   * @param notes receives a note for each weight that is initialized at random
   */
  record HeadRequest(
      NativeModel model,
      ForwardModel forward,
      ModelConfig config,
      int outputs,
      long seed,
      ModelNotes notes) {

    HeadFiles built() {
      return new HeadFiles(
          config, model.configuration(), model.weights(), model.head().files().modules());
    }
  }

  /** The layers; none where the body ends in its own. */
  Optional<Head> layers(HeadRequest making) {
    if (task.input(files.configuration()) == HeadInput.NOTHING) {
      return Optional.empty();
    }
    HeadFiles built = making.built();
    List<String> layers = task.layers(built);
    List<String> fresh = layers.stream().filter(layer -> isFresh(layer, making)).toList();
    boolean own = making.config().newHead().isEmpty();
    if (own && !fresh.isEmpty() && !making.config().files().fromScratch()) {
      throw built.incomplete(fresh);
    }
    if (!layers.isEmpty() && !fresh.contains(layers.get(layers.size() - 1))) {
      making.notes().add("head: " + layers.get(layers.size() - 1) + " is loaded from the weights");
    }
    if (!fresh.isEmpty()) {
      making.notes().add("new layers, which begin at random: " + fresh);
    }
    HeadWeights begin =
        new HeadWeights(
            new Parameters.Initialization(
                name -> fresh.stream().anyMatch(layer -> isOf(layer, name)),
                making.model().configuration().initializerRange(),
                making.seed()),
            variable -> trains(variable.name(), fresh, making));
    return task.head(
        new HeadLayers(
            built, making.forward(), making.model().activation(), making.outputs(), begin));
  }

  /** Beside adapters a new layer trains, and one that is loaded does only if it is named. */
  private static boolean trains(String weight, List<String> fresh, HeadRequest making) {
    boolean isFresh = fresh.stream().anyMatch(layer -> isOf(layer, weight));
    return (making.config().adapter().isOn() && isFresh)
        ? !making.config().freezes(weight)
        : making.model().trains(weight, making.config());
  }

  /** A projection to another number of classes cannot be restored. */
  private boolean isFresh(String layer, HeadRequest making) {
    boolean counted = task.projection(files.configuration().family()).equals(Optional.of(layer));
    return counted
        ? !files.stored(layer).equals(OptionalInt.of(making.outputs()))
        : files.weights().names().stream().noneMatch(weight -> isOf(layer, weight));
  }

  /** config.json of the model with this head. */
  byte[] configuration(ModelConfiguration body, List<String> names) {
    return ConfigurationWriter.huggingFace(
        body.withType("float32")
            .withHead(body.type().className() + task.writtenClass(body.family()), names)
            .withLabels(names, task.problemType(body.problemType())));
  }
}

package dev.belay.savedmodel.weights;

import dev.belay.savedmodel.bundle.BundleContents;
import dev.belay.savedmodel.bundle.BundleReader;
import dev.belay.savedmodel.bundle.CheckpointNames;
import dev.belay.savedmodel.configuration.ConfigurationReader;
import dev.belay.savedmodel.configuration.ModelConfiguration;
import dev.belay.savedmodel.hdf5.Hdf5Reader;
import dev.belay.savedmodel.model.GraphPolicy;
import dev.belay.savedmodel.model.SavedModelContents;
import dev.belay.savedmodel.model.SavedModelReader;
import dev.belay.savedmodel.names.Dialect;
import dev.belay.savedmodel.safetensors.SafetensorsReader;
import dev.belay.savedmodel.tensor.JoinedTensors;
import dev.belay.savedmodel.tensor.NamedTensors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Reads weights from any supported file, and names them. */
public final class WeightReader {

  private WeightReader() {}

  /** Reads the weights at a path, with the strict policy for graphs. */
  public static ModelWeights read(Path path) throws IOException {
    return read(WeightFinder.find(path, Optional.empty()), GraphPolicy.strict(), Optional.empty());
  }

  /**
   * Reads weights.
   *
   * @param policy of graphs, for a SavedModel
   * @param tags of the selected graph, for a SavedModel with several
   * @throws dev.belay.savedmodel.CorruptModelException if the file is refused
   * @throws IOException if it cannot be read
   */
  public static ModelWeights read(
      WeightLocation location, GraphPolicy policy, Optional<String> tags) throws IOException {
    Optional<ModelConfiguration> configuration = Optional.empty();
    if (location.configuration().isPresent()) {
      configuration = Optional.of(ConfigurationReader.read(location.configuration().get()));
    }
    return switch (location.format()) {
      case SAVEDMODEL -> {
        SavedModelContents model = SavedModelReader.read(location.path(), policy, tags);
        yield new WeightNaming(
                location, configuration, new VariableTensors(model), Optional.of(model))
            .named(Set.of(Dialect.KERAS, Dialect.TF1, Dialect.PYTORCH));
      }
      case HUGGINGFACE, SAFETENSORS, HDF5 -> {
        NamedTensors file = open(location.path());
        yield new WeightNaming(location, configuration, file, Optional.empty())
            .named(Set.of(Dialect.PYTORCH, Dialect.KERAS));
      }
      case TF1 -> {
        BundleContents bundle = verified(location.path());
        yield new WeightNaming(location, configuration, bundle, Optional.empty())
            .named(Set.of(Dialect.TF1, Dialect.KERAS));
      }
      case TF2 -> {
        BundleContents bundle = verified(location.path());
        CheckpointObjects objects = CheckpointObjects.read(location.path(), bundle);
        Map<String, String> paths = pathNames(bundle);
        Optional<ModelGarden> garden = ModelGarden.of(bundle, paths);
        NamedTensors file = garden.isPresent() ? garden.get() : bundle;
        yield new WeightNaming(location, configuration, file, Optional.empty())
            .named(objects, garden.map(ModelGarden::paths).orElse(paths));
      }
    };
  }

  /**
   * Reads the checkpoint of a training that keeps its slots in a separate file, under {@code
   * VARIABLE/m} and {@code VARIABLE/v}.
   *
   * @param location of the weights, whose names are those of a SavedModel's variables
   * @param slots prefix of the other checkpoint
   * @param step step of the training
   */
  public static ModelWeights readTraining(WeightLocation location, Path slots, long step)
      throws IOException {
    return readTrained(location, new JoinedTensors(verified(location.path()), verified(slots)))
        .atStep(step);
  }

  /**
   * Names weights of a training.
   *
   * @param location of the files that say what the model is
   * @param weights under the names of a SavedModel's variables
   */
  public static ModelWeights readTrained(WeightLocation location, NamedTensors weights)
      throws IOException {
    Optional<ModelConfiguration> configuration = Optional.empty();
    if (location.configuration().isPresent()) {
      configuration = Optional.of(ConfigurationReader.read(location.configuration().get()));
    }
    return new WeightNaming(location, configuration, weights, Optional.empty())
        .named(Set.of(Dialect.KERAS, Dialect.TF1, Dialect.PYTORCH));
  }

  private static NamedTensors open(Path file) throws IOException {
    String name = file.getFileName().toString();
    return name.endsWith("5") || name.endsWith(Hdf5Reader.INDEX_SUFFIX)
        ? Hdf5Reader.open(file)
        : SafetensorsReader.open(file);
  }

  private static BundleContents verified(Path prefix) throws IOException {
    BundleContents bundle = BundleReader.open(prefix);
    bundle.verifyAll();
    return bundle;
  }

  /** The path of each variable's object by key. */
  private static Map<String, String> pathNames(BundleContents bundle) {
    Map<String, String> names = new LinkedHashMap<>();
    for (String key : bundle.names()) {
      if (key.endsWith(CheckpointNames.VALUE_SUFFIX)) {
        names.put(key, key.substring(0, key.length() - CheckpointNames.VALUE_SUFFIX.length()));
      }
    }
    return names;
  }
}

package dev.belay.savedmodel.weights;

import dev.belay.savedmodel.UnsupportedModelException;
import dev.belay.savedmodel.configuration.ConfigurationReader;
import dev.belay.savedmodel.configuration.ConfigurationWriter;
import dev.belay.savedmodel.configuration.ModelConfiguration;
import dev.belay.savedmodel.export.AtomicDirectory;
import dev.belay.savedmodel.names.Dialect;
import dev.belay.savedmodel.names.DialectName;
import dev.belay.savedmodel.names.Family;
import dev.belay.savedmodel.names.NameTable;
import dev.belay.savedmodel.safetensors.SafetensorsWriter;
import dev.belay.savedmodel.tensor.FloatWidening;
import dev.belay.savedmodel.tensor.NamedTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Writes weights in another dialect. The target folder appears complete or not at all, and holds
 * every weight of the source.
 */
public final class WeightWriter {
  private final ModelWeights weights;

  private WeightWriter(ModelWeights weights) {
    this.weights = weights;
  }

  /**
   * Writes weights as {@code tf1}, {@code tf2}, {@code safetensors} or {@code huggingface}.
   *
   * @param folder must not exist
   * @param tokenizer the tokenizer's files by their names
   * @return the names of tensors that could not be written, with the reason, for people: optimizer
   *     state that the format cannot hold, and the like
   * @throws UnsupportedModelException if a weight has no name in the dialect, or the format needs a
   *     configuration that is missing; the message lists all of it
   */
  public static List<String> write(
      ModelWeights weights, WeightTarget target, Path folder, Map<String, byte[]> tokenizer)
      throws IOException {
    WeightWriter writer = new WeightWriter(weights);
    Map<String, DialectName> names = writer.names(dialect(target));
    List<String> left = writer.leftBehind(target);
    try (AtomicDirectory directory = AtomicDirectory.create(folder)) {
      switch (target) {
        case TF1 -> writer.writeTf1(directory.path(), names);
        case TF2 -> writer.writeTf2(directory.path(), names);
        case SAFETENSORS, HUGGINGFACE -> writer.writePytorch(directory.path(), target);
        case SAVEDMODEL -> throw new IllegalArgumentException("a SavedModel needs a graph");
        case PEFT -> throw new IllegalArgumentException("weights have no adapters");
      }
      if (target != WeightTarget.SAFETENSORS) {
        for (Map.Entry<String, byte[]> file : tokenizer.entrySet()) {
          Path beside = directory.path().resolve(file.getKey());
          Files.createDirectories(beside.getParent());
          Files.write(beside, file.getValue());
        }
      }
      directory.commit();
    }
    return left;
  }

  /** The size in bytes of the written elements; TensorFlow's checkpoints are in float32. */
  public static long bytes(ModelWeights weights, WeightTarget target) {
    if (target == WeightTarget.SAFETENSORS || target == WeightTarget.HUGGINGFACE) {
      return bytes(weights.canonical());
    }
    long bytes = bytes(new FloatWidening(weights.canonical()));
    for (OptimizerState state : weights.optimizer().stream().toList()) {
      for (NamedTensors slot : state.slots().values()) {
        bytes += bytes(new FloatWidening(slot));
      }
    }
    return bytes;
  }

  private static long bytes(NamedTensors tensors) {
    return tensors.names().stream().mapToLong(name -> tensors.spec(name).bytes()).sum();
  }

  private static Dialect dialect(WeightTarget target) {
    return switch (target) {
      case TF1 -> Dialect.TF1;
      case TF2 -> Dialect.TF2;
      case SAFETENSORS, HUGGINGFACE -> Dialect.PYTORCH;
      case SAVEDMODEL -> throw new IllegalArgumentException("a SavedModel keeps its names");
      case PEFT -> throw new IllegalArgumentException("weights have no adapters");
    };
  }

  /** The dialect's name of every weight. */
  private Map<String, DialectName> names(Dialect dialect) throws UnsupportedModelException {
    Family family =
        weights
            .naming()
            .orElseThrow(
                () ->
                    refused(
                        "no table of names knows these weights ("
                            + weights.canonical().names().stream().limit(3).toList()
                            + " and so on), so nobody can say what they are called elsewhere"))
            .family();
    Map<String, DialectName> names = new LinkedHashMap<>();
    List<String> nameless = new ArrayList<>();
    for (String canonical : weights.canonical().names()) {
      Optional<DialectName> name = NameTable.of(family).inDialect(dialect, canonical);
      name.ifPresentOrElse(known -> names.put(canonical, known), () -> nameless.add(canonical));
    }
    if (!nameless.isEmpty()) {
      throw refused(
          NameTable.of(family).knows(dialect)
              ? nameless.size() + " weights have no name there: " + nameless
              : "nobody has published " + family.modelType() + " under such names");
    }
    return names;
  }

  private UnsupportedModelException refused(String what) {
    return new UnsupportedModelException(weights.location().path(), "weights", what);
  }

  private List<String> leftBehind(WeightTarget target) {
    List<String> left = new ArrayList<>();
    boolean slots = target == WeightTarget.TF1 || target == WeightTarget.TF2;
    if (weights.optimizer().isPresent() && !slots) {
      left.add("the optimizer's state " + weights.optimizer().get().slots().keySet());
    }
    weights.leftovers().unknown().forEach(name -> left.add("'" + name + "', of unknown meaning"));
    return left;
  }

  private void writeTf1(Path folder, Map<String, DialectName> names) throws IOException {
    String checkpoint = Tf1Checkpoint.write(folder, weights, names);
    writeCheckpointState(folder, checkpoint);
    if (weights.configuration().isPresent()) {
      ModelConfiguration configuration = weights.configuration().get();
      String file =
          configuration.family() == Family.ALBERT
              ? ConfigurationReader.TF1_ALBERT
              : ConfigurationReader.TF1_BERT;
      Files.write(folder.resolve(file), ConfigurationWriter.tf1(configuration));
    }
  }

  private void writeTf2(Path folder, Map<String, DialectName> names) throws IOException {
    String checkpoint = "ckpt-1";
    Tf2Checkpoint.write(folder.resolve(checkpoint), weights, names);
    writeCheckpointState(folder, checkpoint);
    writeHuggingFaceConfiguration(folder);
  }

  private void writePytorch(Path folder, WeightTarget target) throws IOException {
    if (target == WeightTarget.HUGGINGFACE && weights.configuration().isEmpty()) {
      throw refused(
          "a Hugging Face folder needs a configuration, and there is none beside these weights:"
              + " name one with --model-config");
    }
    SafetensorsWriter.writeModel(
        folder,
        new RepeatedTensors(weights.canonical(), repeated()),
        Map.of("format", "pt"),
        SafetensorsWriter.DEFAULT_SHARD_BYTES);
    writeHuggingFaceConfiguration(folder);
  }

  /**
   * Names that transformers 5 needs although another tensor holds the same values: if the word
   * embeddings are not tied, the bias of the output over the vocabulary under both of its names.
   */
  private Map<String, String> repeated() {
    boolean untied =
        weights.configuration().map(described -> !described.tiedEmbeddings()).orElse(false);
    Map<String, String> repeated = new LinkedHashMap<>();
    if (untied && weights.naming().isPresent()) {
      NameTable table = NameTable.of(weights.naming().get().family());
      Set<String> names = weights.canonical().names();
      table.tied().entrySet().stream()
          .filter(pair -> names.contains(table.output()) && names.contains(pair.getValue()))
          .filter(pair -> !names.contains(pair.getKey()))
          .filter(pair -> table.inDialect(Dialect.PYTORCH, pair.getKey()).isPresent())
          .forEach(pair -> repeated.put(pair.getKey(), pair.getValue()));
    }
    return repeated;
  }

  private void writeHuggingFaceConfiguration(Path folder) throws IOException {
    if (weights.configuration().isPresent()) {
      Files.write(
          folder.resolve(ConfigurationReader.HUGGING_FACE),
          ConfigurationWriter.huggingFace(
              Heads.describe(weights.configuration().get(), weights.canonical())));
    }
  }

  /** The file by which tf.train.latest_checkpoint finds the newest checkpoint of a folder. */
  private static void writeCheckpointState(Path folder, String checkpoint) throws IOException {
    Files.writeString(
        folder.resolve("checkpoint"),
        "model_checkpoint_path: \"%1$s\"\nall_model_checkpoint_paths: \"%1$s\"\n"
            .formatted(checkpoint));
  }
}

package dev.belay.train.model;

import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.ModelFiles;
import dev.belay.savedmodel.configuration.ConfigurationReader;
import dev.belay.savedmodel.configuration.HeadDescription;
import dev.belay.savedmodel.configuration.ModelConfiguration;
import dev.belay.savedmodel.weights.ForeignFormat;
import dev.belay.savedmodel.weights.WeightFinder;
import dev.belay.savedmodel.weights.WeightFormat;
import dev.belay.savedmodel.weights.WeightLocation;
import dev.belay.train.config.ModelConfig;
import dev.belay.train.data.example.LabelMap;
import dev.belay.train.failure.ModelException;
import dev.belay.train.report.RunDirectory;
import dev.belay.train.task.OwnGraph;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * Location of a model, with the files beside it that a SavedModel does not contain.
 *
 * @param directory a SavedModel, a folder that holds one, or the folder of the weights
 * @param weights weights without a graph, if no SavedModel was found
 */
public record ModelSource(Path directory, Optional<WeightLocation> weights) {

  /** Class names, one a line, in the order of the logits. */
  public static final String LABELS = "labels.txt";

  /** The most tokens that the model was trained with. */
  public static final String MAX_SEQ_LENGTH = "max_seq_length.txt";

  /** Whether the classes of an example exclude each other, as config.json would say it. */
  public static final String PROBLEM_TYPE = "problem_type.txt";

  /** A SavedModel. */
  public ModelSource(Path directory) {
    this(directory, Optional.empty());
  }

  /**
   * The model that a configuration means: of a run directory, what it exported last, since those
   * are the weights that the run ended with.
   *
   * @throws IOException if files cannot be read, or a folder holds several models
   */
  public static ModelSource of(ModelConfig config) throws IOException {
    Path path = config.path();
    if (config.files().fromScratch()) {
      return described(config);
    }
    if (RunDirectory.isRun(path)) {
      return at(path).withOwnGraph();
    }
    if (!Files.exists(path) && WeightFinder.prefix(path).isEmpty()) {
      throw absent("--model: ", path);
    }
    ForeignFormat.refuseStandIns(path);
    Optional<WeightFormat> format = config.files().format();
    List<WeightLocation> candidates = WeightFinder.candidates(path);
    Optional<String> foreign =
        candidates.isEmpty() ? ForeignFormat.describe(path) : Optional.empty();
    if (foreign.isPresent()) {
      throw new ModelException("--model: " + path + ": " + foreign.get());
    }
    boolean graphs =
        candidates.stream().allMatch(found -> found.format() == WeightFormat.SAVEDMODEL);
    if (graphs && format.orElse(WeightFormat.SAVEDMODEL) == WeightFormat.SAVEDMODEL) {
      return new ModelSource(path).withOwnGraph();
    }
    WeightLocation found = WeightFinder.find(path, format);
    if (found.format() == WeightFormat.SAVEDMODEL) {
      return new ModelSource(found.path());
    }
    WeightLocation configured =
        config.files().configuration().map(found::withConfiguration).orElse(found);
    return new ModelSource(found.folder(), Optional.of(configured));
  }

  /** Says what a path that is not there may be instead. */
  public static ModelException absent(String option, Path path) throws IOException {
    return new ModelException(
        option + path + ": " + ForeignFormat.describe(path).orElse("does not exist"));
  }

  /** A configuration alone, of a model that has no weights yet. */
  private static ModelSource described(ModelConfig config) {
    Path path = config.path();
    Optional<Path> file =
        config
            .files()
            .configuration()
            .or(() -> Files.isDirectory(path) ? ConfigurationReader.find(path) : Optional.of(path));
    if (file.isEmpty() || !Files.isRegularFile(file.get())) {
      throw new ModelException(
          "--from-scratch: "
              + path
              + (Files.isDirectory(path) ? " holds no config.json" : " does not exist")
              + "; expected config.json, or a folder with it, that says what the model is made of");
    }
    Path folder = file.get().toAbsolutePath().getParent();
    return new ModelSource(
        folder,
        Optional.of(new WeightLocation(WeightFormat.HUGGINGFACE, file.get(), folder, file)));
  }

  /**
   * A SavedModel that Belay exported of some tasks is taken as weights, since Belay's own graph of
   * it does more: see {@link OwnGraph}.
   */
  private ModelSource withOwnGraph() throws IOException {
    Path described = configurationFile();
    if (!Files.isRegularFile(described)) {
      return this;
    }
    ModelConfiguration configuration = ConfigurationReader.read(described);
    Path modules = described.resolveSibling(ModelFiles.MODULES);
    if (!OwnGraph.isTaken(configuration) && !Files.isRegularFile(modules)) {
      return this;
    }
    return new ModelSource(
        directory, Optional.of(WeightFinder.find(directory, Optional.of(WeightFormat.SAVEDMODEL))));
  }

  /** The SavedModel that a path means: of a run directory, what it exported last. */
  public static ModelSource at(Path path) throws IOException {
    if (!RunDirectory.isRun(path)) {
      return new ModelSource(path);
    }
    RunDirectory run = new RunDirectory(path);
    return exported(run)
        .orElseThrow(
            () ->
                new ModelException(
                    "--model: the run "
                        + path
                        + " exported no model ("
                        + run.exports()
                        + " is empty); `belay export "
                        + path
                        + "` writes one from its last checkpoint"));
  }

  /** The last export of a run, if there is one. */
  public static Optional<ModelSource> exported(RunDirectory run) throws IOException {
    return newestVersion(run.exports()).map(ModelSource::new);
  }

  /** Location of the configuration in an export of Belay's own graph. */
  public Path configurationFile() {
    return directory.resolve(ModelFiles.ASSETS_EXTRA).resolve(ConfigurationReader.HUGGING_FACE);
  }

  private static Optional<Path> newestVersion(Path exports) throws IOException {
    if (!Files.isDirectory(exports)) {
      return Optional.empty();
    }
    try (Stream<Path> entries = Files.list(exports)) {
      return entries
          .filter(entry -> entry.getFileName().toString().matches("\\d{1,18}"))
          .max(Comparator.comparingLong(entry -> Long.parseLong(entry.getFileName().toString())));
    }
  }

  /** The path that finds this source again. */
  public Path path() {
    return weights.map(WeightLocation::path).orElse(directory);
  }

  /** The most tokens that the model was trained with, if Belay exported it. */
  public OptionalInt maxSeqLength() throws IOException {
    Path file = directory.resolve(ModelFiles.ASSETS_EXTRA).resolve(MAX_SEQ_LENGTH);
    if (!Files.isRegularFile(file)) {
      return OptionalInt.empty();
    }
    String text = Files.readString(file).strip();
    if (!text.matches("[1-9]\\d{0,8}")) {
      throw new CorruptModelException(file, "content", "a whole number above 0", text);
    }
    return OptionalInt.of(Integer.parseInt(text));
  }

  /**
   * The {@code problem_type} that the model was trained for: from Belay's export, else from the
   * config.json that Hugging Face writes beside a SavedModel or two folders above it.
   */
  public Optional<String> problemType() throws IOException {
    Path file = directory.resolve(ModelFiles.ASSETS_EXTRA).resolve(PROBLEM_TYPE);
    if (Files.isRegularFile(file)) {
      return Optional.of(Files.readString(file).strip());
    }
    Optional<Path> described = description();
    return described.isPresent()
        ? ConfigurationReader.problemType(described.get())
        : Optional.empty();
  }

  /** The config.json that Hugging Face writes beside a SavedModel or two folders above it. */
  private Optional<Path> description() {
    Path folder = directory.toAbsolutePath().normalize();
    for (int i = 0; i <= 2 && folder != null; i++, folder = folder.getParent()) {
      Path described = folder.resolve(ConfigurationReader.HUGGING_FACE);
      if (Files.isRegularFile(described)) {
        return Optional.of(described);
      }
    }
    return Optional.empty();
  }

  /** Head settings of a SavedModel in that file. */
  HeadDescription head() throws IOException {
    Optional<Path> described = description();
    return described.isPresent() ? ConfigurationReader.head(described.get()) : HeadDescription.NONE;
  }

  /** Class names that were exported with the model. */
  public Optional<LabelMap> labels() {
    Path file = directory.resolve(ModelFiles.ASSETS_EXTRA).resolve(LABELS);
    return Files.isRegularFile(file) ? Optional.of(LabelMap.read(file)) : Optional.empty();
  }
}

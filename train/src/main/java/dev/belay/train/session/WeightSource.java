package dev.belay.train.session;

import dev.belay.savedmodel.configuration.ModelConfiguration;
import dev.belay.savedmodel.model.GraphPolicy;
import dev.belay.savedmodel.weights.ModelWeights;
import dev.belay.savedmodel.weights.WeightFinder;
import dev.belay.savedmodel.weights.WeightFormat;
import dev.belay.savedmodel.weights.WeightLocation;
import dev.belay.savedmodel.weights.WeightReader;
import dev.belay.train.adapter.AdapterState;
import dev.belay.train.adapter.ModelHash;
import dev.belay.train.checkpoint.Checkpoint;
import dev.belay.train.checkpoint.CheckpointWriter;
import dev.belay.train.config.ModelConfig;
import dev.belay.train.config.WeightsConfig;
import dev.belay.train.export.MergedCheckpoint;
import dev.belay.train.failure.ModelException;
import dev.belay.train.model.ModelSource;
import dev.belay.train.model.TrainableModel;
import dev.belay.train.report.RecordedRun;
import dev.belay.train.report.RunDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The weights that a path means, which may be a run of Belay too. */
public final class WeightSource {
  private WeightSource() {}

  /** Reads them; of a run directory what it exported last. */
  public static ModelWeights read(WeightsConfig config) throws IOException {
    Path path = config.path();
    if (!Files.exists(path) && WeightFinder.prefix(path).isEmpty()) {
      throw ModelSource.absent("", path);
    }
    if (isCheckpoint(path)) {
      return ofCheckpoint(path);
    }
    Path model = RunDirectory.isRun(path) ? ModelSource.at(path).directory() : path;
    WeightLocation location = WeightFinder.find(model, config.format());
    if (config.configuration().isPresent()) {
      location = location.withConfiguration(config.configuration().get());
    } else if (RunDirectory.isRun(path) && location.configuration().isEmpty()) {
      location = withOrigin(location, recorded(path));
    }
    return WeightReader.read(
        location, GraphPolicy.strict().allowing(config.allowedOps()), config.tags());
  }

  public static boolean isCheckpoint(Path path) {
    return Files.isDirectory(path) && Checkpoint.isCheckpoint(path.toAbsolutePath().normalize());
  }

  /** A checkpoint of a run, with the slots of its optimizer. */
  public static ModelWeights ofCheckpoint(Path path) throws IOException {
    Path directory = path.toAbsolutePath().normalize();
    Checkpoint checkpoint = Checkpoint.open(directory);
    Path run = directory.getParent().getParent();
    WeightLocation location =
        new WeightLocation(
            WeightFormat.TF1,
            directory.resolve(CheckpointWriter.MODEL),
            directory,
            Optional.empty());
    Path slots = directory.resolve(CheckpointWriter.OPTIMIZER);
    long step = checkpoint.state().step();
    if (!RunDirectory.isRun(run)) {
      return WeightReader.readTraining(location, slots, step);
    }
    RecordedRun recorded = recorded(run);
    requirePooledHead(path, recorded);
    WeightLocation origin = withOrigin(location, recorded);
    WeightLocation described =
        exportedConfiguration(new RunDirectory(run)).map(origin::withConfiguration).orElse(origin);
    Optional<AdapterState> adapters = MergedCheckpoint.state(checkpoint);
    ModelWeights weights =
        adapters.isPresent()
            ? WeightReader.readTrained(
                described,
                MergedCheckpoint.weights(
                    checkpoint, read(recorded.model().weights()), baseHash(recorded)))
            : WeightReader.readTraining(described, slots, step);
    return weights
        .configuration()
        .map(configuration -> weights.describedBy(trained(configuration, recorded)))
        .orElse(weights);
  }

  /** SHA-256 of the files of the model that a run began with, as they are now. */
  static String baseHash(RecordedRun recorded) throws IOException {
    return ModelHash.of(TrainableModel.forEvaluation(recorded.model().withoutAdapter()).hashes());
  }

  /** The trained form of the run's model: its labels are those of the run. */
  private static ModelConfiguration trained(ModelConfiguration origin, RecordedRun recorded) {
    return origin.withLabels(
        recorded.labels().isEmpty() ? origin.labels() : recorded.labels(),
        recorded
            .model()
            .problem()
            .or(() -> origin.problemType().filter(type -> !type.equals(ModelConfig.MULTI_LABEL))));
  }

  /** It knows the head and the classes that the run gave the model, the model itself does not. */
  private static Optional<Path> exportedConfiguration(RunDirectory run) throws IOException {
    return ModelSource.exported(run)
        .map(ModelSource::configurationFile)
        .filter(Files::isRegularFile);
  }

  private static RecordedRun recorded(Path run) throws IOException {
    RunDirectory directory = new RunDirectory(run);
    return RecordedRun.read(directory.config(), directory.provenance());
  }

  /** Configuration and tokenizer of the model that the run started from. */
  private static WeightLocation withOrigin(WeightLocation location, RecordedRun recorded)
      throws IOException {
    Optional<Path> configuration = configuration(recorded);
    Path folder =
        recorded
            .tokenizer()
            .filter(Files::exists)
            .map(file -> Files.isDirectory(file) ? file : file.toAbsolutePath().getParent())
            .orElse(configuration.map(Path::getParent).orElse(location.folder()));
    return new WeightLocation(location.format(), location.path(), folder, configuration);
  }

  private static Optional<Path> configuration(RecordedRun recorded) throws IOException {
    Path origin = recorded.model().path();
    if (recorded.model().files().fromScratch()) {
      return ModelSource.of(recorded.model()).weights().flatMap(WeightLocation::configuration);
    }
    List<WeightLocation> found = Files.exists(origin) ? WeightFinder.candidates(origin) : List.of();
    return found.stream().flatMap(each -> each.configuration().stream()).findFirst();
  }

  /** Hugging Face's classifier reads the pooled output; no other format can say more of a head. */
  private static void requirePooledHead(Path path, RecordedRun recorded) {
    String features = recorded.model().features().orElse("pooler_output");
    if (!features.matches("(.*[/.])?pool(er|ed)_output(:0)?")) {
      throw new ModelException(
          path
              + ": its new head reads '"
              + features
              + "', and a classifier in formats without a graph reads the pooled output: export it"
              + " as a SavedModel, whose graph says so");
    }
  }
}

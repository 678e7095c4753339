package dev.belay.train;

import dev.belay.savedmodel.ModelFiles;
import dev.belay.savedmodel.UnsupportedModelException;
import dev.belay.savedmodel.weights.GraphWeights;
import dev.belay.savedmodel.weights.ModelWeights;
import dev.belay.savedmodel.weights.SentenceModules;
import dev.belay.savedmodel.weights.WeightDifference;
import dev.belay.savedmodel.weights.WeightLocation;
import dev.belay.savedmodel.weights.WeightTarget;
import dev.belay.savedmodel.weights.WeightWriter;
import dev.belay.train.config.ConvertConfig;
import dev.belay.train.config.WeightsConfig;
import dev.belay.train.data.DataException;
import dev.belay.train.export.PeftMerge;
import dev.belay.train.failure.DiskFailure;
import dev.belay.train.hub.HubProgress;
import dev.belay.train.hub.ModelHub;
import dev.belay.train.session.WeightSource;
import dev.belay.train.tokenize.TokenizerFinder;
import dev.belay.train.tokenize.folder.TokenizerExport;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Converts weights from one format into another, and compares two sets of weights. */
public final class WeightConversion {
  private static final Logger LOG = LoggerFactory.getLogger(WeightConversion.class);

  private static final ModelHub HUB = ModelHub.ofUser(HubProgress.SILENT);

  private WeightConversion() {}

  /**
   * Result of a conversion.
   *
   * @param path the folder that was written
   * @param from the source format, such as {@code tf1}
   * @param to the format that was written
   * @param weights number of tensors converted
   * @param leftBehind tensors that were not converted, and why
   */
  public record Result(Path path, String from, String to, int weights, List<String> leftBehind) {}

  /**
   * Converts every weight, or throws an error that lists those that cannot be converted.
   *
   * @throws dev.belay.train.failure.ModelException if the adapter belongs to another model
   * @throws dev.belay.train.failure.MachineException if the disk is too full or cannot be written
   */
  public static Result convert(ConvertConfig config) throws IOException {
    ModelWeights source = WeightSource.read(HUB.locate(config.source()));
    ModelWeights weights =
        config.adapter().isPresent() ? PeftMerge.into(source, config.adapter().get()) : source;
    return write(
        weights,
        config.target(),
        config.destination(),
        new Beside(config.graph(), beside(weights)));
  }

  /** The files of the tokenizer, and of sentence-transformers if Belay knows the modules. */
  private static Map<String, byte[]> beside(ModelWeights weights) throws IOException {
    Map<String, byte[]> files = new LinkedHashMap<>(tokenizer(weights.location()));
    files.putAll(weights.location().generationFile());
    try {
      Optional<SentenceModules> modules = SentenceModules.read(weights.location().folder());
      if (modules.isPresent() && weights.configuration().isPresent()) {
        files.putAll(modules.get().files(weights.configuration().get().sizes().hidden()));
      }
    } catch (UnsupportedModelException e) {
      LOG.debug("the weights are converted without the modules: {}", e.getMessage());
    }
    return files;
  }

  /**
   * Files that a conversion needs besides the weights.
   *
   * @param graph the SavedModel to take the graph from, if it is not the one with the weights
   * @param tokenizer the tokenizer's files by name
   */
  record Beside(Optional<Path> graph, Map<String, byte[]> tokenizer) {}

  /** The files beside weights; one that Belay cannot read is copied. */
  static Map<String, byte[]> tokenizer(WeightLocation location) throws IOException {
    Map<String, byte[]> files = location.tokenizerFiles();
    if (!files.isEmpty()) {
      try {
        TokenizerExport.settings(TokenizerFinder.given(location.folder()))
            .ifPresent(settings -> files.put(ModelFiles.TOKENIZER_CONFIG, settings));
      } catch (DataException e) {
        LOG.debug("the tokenizer is copied as it is: {}", e.getMessage());
      }
    }
    return files;
  }

  static Result write(ModelWeights weights, WeightTarget target, Path destination, Beside beside)
      throws IOException {
    List<String> leftBehind = new ArrayList<>();
    if (target == WeightTarget.SAVEDMODEL) {
      ModelWeights model =
          beside.graph().isPresent()
              ? WeightSource.read(WeightsConfig.of(beside.graph().get()))
              : weights;
      DiskFailure.guard(
          destination,
          GraphWeights.bytes(model),
          () -> GraphWeights.write(weights, model, destination, beside.tokenizer()));
    } else {
      DiskFailure.guard(
          destination,
          WeightWriter.bytes(weights, target),
          () ->
              leftBehind.addAll(
                  WeightWriter.write(weights, target, destination, beside.tokenizer())));
    }
    return new Result(
        destination,
        weights.location().format().option(),
        target.option(),
        weights.canonical().names().size(),
        leftBehind);
  }

  /**
   * Compares two sets of weights by canonical names.
   *
   * @param tolerance differences of elements up to this are ignored
   */
  public static WeightDifference compare(
      WeightsConfig first, WeightsConfig second, double tolerance) throws IOException {
    return WeightDifference.between(
        WeightSource.read(HUB.locate(first)).canonical(),
        WeightSource.read(HUB.locate(second)).canonical(),
        tolerance);
  }
}

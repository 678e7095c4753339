package dev.belay.train.config;

import dev.belay.savedmodel.weights.WeightFormat;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;

/**
 * Weights to read.
 *
 * @param path a SavedModel, a Hugging Face folder, a file of weights, a checkpoint's prefix, a run
 *     or one of its checkpoints
 * @param format required format; empty: any
 * @param configuration config.json, if none is beside the weights
 * @param tags of the graph to use if a SavedModel has several; empty: the one for serving
 * @param allowedOps ops of a SavedModel's graph that are accepted beyond the policy
 * @param revision of a model of the hub; empty: its main branch
 */
public record WeightsConfig(
    Path path,
    Optional<WeightFormat> format,
    Optional<Path> configuration,
    Optional<String> tags,
    Set<String> allowedOps,
    Optional<String> revision) {

  public WeightsConfig {
    allowedOps = Set.copyOf(allowedOps);
  }

  /** Those weights; everything else has the command line's defaults. */
  public static WeightsConfig of(Path path) {
    return new WeightsConfig(
        path, Optional.empty(), Optional.empty(), Optional.empty(), Set.of(), Optional.empty());
  }

  /** The same at another path. */
  public WeightsConfig at(Path other) {
    return new WeightsConfig(other, format, configuration, tags, allowedOps, revision);
  }
}

package dev.belay.train.hub;

import dev.belay.savedmodel.weights.WeightFormat;
import dev.belay.train.config.ModelConfig;
import dev.belay.train.config.WeightsConfig;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Request for a model.
 *
 * @param path a path, or the name of a repository
 * @param revision a branch, tag or commit of the repository; empty: its main branch
 * @param weights whether its weights are needed, and not only its configuration
 * @param format required format of the weights; empty: any
 */
public record HubRequest(
    Path path, Optional<String> revision, boolean weights, Optional<WeightFormat> format) {
  static final String MAIN = "main";

  /** The model of a configuration. */
  static HubRequest of(ModelConfig config) {
    return new HubRequest(
        config.path(),
        config.files().revision(),
        !config.files().fromScratch(),
        config.files().format());
  }

  /** Weights. */
  static HubRequest of(WeightsConfig config) {
    return new HubRequest(config.path(), config.revision(), true, config.format());
  }

  /** The same at a commit. */
  HubRequest at(String commit) {
    return new HubRequest(path, Optional.of(commit), weights, format);
  }

  String revisionOrMain() {
    return revision.orElse(MAIN);
  }
}

package dev.belay.train.hub;

import dev.belay.train.config.ConfigBinder;
import dev.belay.train.config.EvaluateConfig;
import dev.belay.train.config.ModelConfig;
import dev.belay.train.config.SweepConfig;
import dev.belay.train.config.TrainConfig;
import dev.belay.train.config.WeightsConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** Finds models by their names on the hub. */
@FunctionalInterface
public interface ModelHub {

  /**
   * The path of a model: the given one if something is there, else the folder of the repository
   * with that name in the cache, after a download if need be. A path that means neither is returned
   * as it is.
   *
   * @throws dev.belay.train.failure.ModelException if the hub has no such model, or Belay reads
   *     none of its files
   * @throws dev.belay.train.failure.MachineException if the hub or the disk fails
   */
  Path locate(HubRequest request) throws IOException;

  /** The hub and the cache that the environment of this process names. */
  static ModelHub ofUser(HubProgress progress) {
    return new UserHub(System.getenv(), progress, duration -> Thread.sleep(duration.toMillis()));
  }

  /**
   * Name and commit of a model in a cache.
   *
   * @param path of the model, as {@link #locate} returns it
   * @return empty if it is not from the hub
   */
  static Optional<Map<String, String>> origin(Path path) {
    return HubName.ofSnapshot(path)
        .map(
            snapshot ->
                Map.of("repository", snapshot.name().repository(), "commit", snapshot.commit()));
  }

  /** The same model by its path. */
  default ModelConfig locate(ModelConfig config) throws IOException {
    return ConfigBinder.with(config, "model", locate(HubRequest.of(config)));
  }

  /** The same weights by their path. */
  default WeightsConfig locate(WeightsConfig config) throws IOException {
    return config.at(locate(HubRequest.of(config)));
  }

  /** The same evaluation of a model by its path. */
  default EvaluateConfig locate(EvaluateConfig config) throws IOException {
    return ConfigBinder.with(config, "model", locate(HubRequest.of(config.model())));
  }

  /** The same run of a model by its path; a run that resumes keeps its commit. */
  default TrainConfig locate(TrainConfig config) throws IOException {
    HubRequest request =
        RecordedCommit.ofRun(config.outputDirectory(), HubRequest.of(config.model()));
    return ConfigBinder.with(config, "model", locate(request));
  }

  /** The same sweep of a model by its path; a sweep that resumes keeps its commit. */
  default SweepConfig locate(SweepConfig config) throws IOException {
    TrainConfig base = config.base();
    HubRequest request =
        RecordedCommit.ofSweep(base.outputDirectory(), HubRequest.of(base.model()));
    return ConfigBinder.with(config, "model", locate(request));
  }
}

package dev.belay.tools.option;

import dev.belay.savedmodel.weights.WeightFormat;
import dev.belay.train.config.ModelConfig;
import dev.belay.train.config.WeightsConfig;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import picocli.CommandLine.Option;

/** What kind of weights a path holds, where that is not to be found out. */
@Section("Weights")
public final class WeightFormatOptions {
  @Option(
      names = "--model-format",
      paramLabel = "FORMAT",
      description =
          "What the path holds: savedmodel, huggingface, safetensors, hdf5, tf1 or tf2 (default:"
              + " found out).")
  private Optional<WeightFormat> format = Optional.empty();

  @Option(
      names = "--model-config",
      paramLabel = "FILE",
      description = "config.json or bert_config.json, where none lies beside the weights.")
  private Optional<Path> configuration = Optional.empty();

  @Option(
      names = "--tag",
      paramLabel = "TAGS",
      description =
          "Of a SavedModel with several graphs, take the one with these tags, divided by commas"
              + " (default: serve, or the only one).")
  private Optional<String> tags = Optional.empty();

  /**
   * What the files of a model are.
   *
   * @param ignored names of weights that are left out
   */
  ModelConfig.Files toFiles(TuningOptions tuning, Optional<Pattern> ignored) {
    return new ModelConfig.Files(
        format, configuration, tuning.restoresOptimizer(), ignored, tuning.fromScratch(), tags);
  }

  /**
   * Those weights.
   *
   * @param allowedOps accepted in a foreign graph although the policy refuses them
   */
  public WeightsConfig toConfig(Path path, Set<String> allowedOps) {
    return new WeightsConfig(path, format, configuration, tags, allowedOps);
  }
}

package dev.belay.tools.option;

import dev.belay.savedmodel.weights.WeightFormat;
import dev.belay.train.config.WeightsConfig;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine.Option;

/** How to read weights. */
@Section("Weights")
public final class WeightOptions {
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
      names = "--allow-op",
      paramLabel = "OP",
      description = "Accept this op in a foreign graph although the policy refuses it; repeatable.")
  private Set<String> allowedOps = new LinkedHashSet<>();

  /** Those weights. */
  public WeightsConfig toConfig(Path path) {
    return new WeightsConfig(path, format, configuration, allowedOps);
  }
}

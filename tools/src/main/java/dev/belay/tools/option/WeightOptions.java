package dev.belay.tools.option;

import dev.belay.train.config.WeightsConfig;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Set;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How to read weights. */
@Section("Weights")
public final class WeightOptions {
  @Mixin private WeightFormatOptions form;

  @Option(
      names = "--allow-op",
      paramLabel = "OP",
      description = "Accept this op in a foreign graph although the policy refuses it; repeatable.")
  private Set<String> allowedOps = new LinkedHashSet<>();

  /** Those weights. */
  public WeightsConfig toConfig(Path path) {
    return form.toConfig(path, allowedOps);
  }
}

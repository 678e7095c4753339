package dev.belay.tools.option;

import dev.belay.train.config.ConfigException;
import dev.belay.train.config.ReportConfig;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import picocli.CommandLine.Option;

/** What a run says about itself beside metrics.jsonl. */
@Section("Run")
public final class ReportOptions {
  private static final String NONE = "none";

  @Option(
      names = "--report",
      paramLabel = "KIND",
      split = ",",
      description =
          "tensorboard (event files), html (report.html, a page of charts), both, or none (default:"
              + " tensorboard,html).")
  private Set<String> report = new LinkedHashSet<>();

  @Option(
      names = "--log-layer-norms",
      paramLabel = "N",
      description =
          "Norms of every layer's and variable's gradient and weight, and update-to-weight ratios,"
              + " every so many steps; 0: never.")
  private int layerNormSteps = ReportConfig.DEFAULT_LAYER_NORM_STEPS;

  /** What is written. */
  public ReportConfig toConfig() {
    return new ReportConfig(kinds(), layerNormSteps);
  }

  private Set<ReportConfig.Kind> kinds() {
    if (report.isEmpty()) {
      return ReportConfig.DEFAULT_KINDS;
    }
    if (report.equals(Set.of(NONE))) {
      return Set.of();
    }
    try {
      return report.stream()
          .map(word -> ReportConfig.Kind.valueOf(word.toUpperCase(Locale.ROOT)))
          .collect(Collectors.toCollection(() -> EnumSet.noneOf(ReportConfig.Kind.class)));
    } catch (IllegalArgumentException unknown) {
      throw new ConfigException(
          "--report", "tensorboard, html, both with a comma, or none", String.join(",", report));
    }
  }
}

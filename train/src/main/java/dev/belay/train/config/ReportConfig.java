package dev.belay.train.config;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/** Reports that a run writes besides metrics.jsonl. */
@Section.Of(Section.RUN)
public record ReportConfig(
    @Option(
            name = "report",
            label = "KIND",
            help =
                "tensorboard (event files), html (report.html, a page of charts), both, or"
                    + " none.",
            defaultValue = "tensorboard,html",
            commaSeparated = true,
            emptyWord = "none",
            onResume = Option.OnResume.IGNORE,
            refusedBySweep = "a sweep always writes report.html and event files",
            identifiesSweep = false)
        Set<Kind> kinds,
    @Option(
            name = "log-layer-norms",
            label = "N",
            help =
                "Log the gradient and weight norms of every layer and variable, and "
                    + "update-to-weight ratios, every N steps; 0: never.",
            defaultValue = "0",
            refusedBySweep = "`belay train` measures layers, with the recommended clip",
            identifiesSweep = false)
        int layerNormSteps) {

  /** The kinds. */
  public enum Kind {
    /** Event files for TensorBoard. */
    TENSORBOARD,
    /** report.html, a page of charts. */
    HTML
  }

  public ReportConfig {
    Set<Kind> inOrder = EnumSet.noneOf(Kind.class);
    inOrder.addAll(kinds);
    kinds = Collections.unmodifiableSet(inOrder);
    new Check().atLeast("--log-layer-norms", 0, layerNormSteps).verify();
  }

  /** Defaults of the command line. */
  public static ReportConfig defaults() {
    return ConfigBinder.defaults(ReportConfig.class);
  }

  /** Whether event files are written. */
  public boolean tensorboard() {
    return kinds.contains(Kind.TENSORBOARD);
  }

  /** Whether report.html is written. */
  public boolean html() {
    return kinds.contains(Kind.HTML);
  }
}

package dev.belay.train.config;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/**
 * What a run says about itself beside metrics.jsonl.
 *
 * @param kinds what is written; may be none
 * @param layerNormSteps every so many steps, norms of every layer and variable; 0: never
 */
public record ReportConfig(Set<Kind> kinds, int layerNormSteps) {

  public static final Set<Kind> DEFAULT_KINDS = Set.of(Kind.TENSORBOARD, Kind.HTML);
  public static final int DEFAULT_LAYER_NORM_STEPS = 0;

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

  /** What the command line takes without options. */
  public static ReportConfig defaults() {
    return new ReportConfig(DEFAULT_KINDS, DEFAULT_LAYER_NORM_STEPS);
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

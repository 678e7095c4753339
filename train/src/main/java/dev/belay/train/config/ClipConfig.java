package dev.belay.train.config;

import java.util.List;
import java.util.regex.Pattern;

/**
 * Clipping of the gradients, once per update. Formulas in docs/numerics.md.
 *
 * @param adaptive of the adaptive rule
 */
@Section.Of(Section.CLIPPING)
public record ClipConfig(
    @Option(
            name = "clip-mode",
            label = "RULE",
            help =
                "global_norm: all by one factor; norm: each tensor by its own; value: each"
                    + " element; adaptive: each unit beside its weights; auto: global, by a"
                    + " percentile of the norms so far; none. The norm is measured in any case.",
            defaultValue = "global_norm",
            refusedBySweep = "--clip-modes names the rules to try",
            identifiesSweep = false)
        Mode mode,
    @Option(
            name = "max-grad-norm",
            label = "C",
            help =
                "Gradients whose global norm (or, by the rule norm, whose own) is above this"
                    + " are scaled down to it.",
            defaultValue = "1",
            place = -1,
            refusedBySweep = "--clip-norms names the thresholds to try",
            identifiesSweep = false)
        double maxGradNorm,
    @Option(
            name = "clip-value",
            label = "C",
            help = "Of the rule value: elements are kept between -C and C.",
            defaultValue = "1",
            refusedBySweep = "--clip-norms names the thresholds to try",
            identifiesSweep = false)
        double clipValue,
    Adaptive adaptive,
    @Option(
            name = "auto-clip-percentile",
            label = "P",
            help = "Of the rule auto: which percentile of the norms so far bounds the norm.",
            defaultValue = "10")
        double autoPercentile,
    @Option(
            name = "clip-group",
            label = "REGEX=RULE:C",
            help =
                "Variables that match are clipped by a rule of their own, apart from the"
                    + " rest: embeddings=norm:0.5, or classifier=none. Repeatable.")
        List<ClipGroup> groups,
    @Option(
            name = "norm-compatibility",
            label = "dense|tf",
            help =
                "How the gradient of a looked-up table is measured: dense adds up the rows of"
                    + " a word first, as PyTorch; tf counts each row, as TensorFlow Python does.",
            defaultValue = "dense")
        Norms norms) {

  /**
   * Default pattern of the variables that the adaptive rule skips: biases, normalisation, and the
   * last layer of a classifier by its usual names.
   */
  public static final String DEFAULT_ADAPTIVE_SKIP =
      "(?i)layer_?norm|bias|beta|gamma|head/|classifier|output_weights|logits|predictions";

  /** The clip rules. */
  public enum Mode {
    GLOBAL_NORM,
    NORM,
    VALUE,
    ADAPTIVE,
    AUTO,
    NONE
  }

  /** Norm of the gradient of an embedding lookup, in which a row may occur several times. */
  public enum Norms {
    /** Gradients of the same row are added up first, as in PyTorch. */
    DENSE,
    /** Every occurrence of a row counts separately, as in Python's tf.linalg.global_norm. */
    TF
  }

  /** Options of the adaptive rule. */
  @Section.Of(Section.CLIPPING)
  public record Adaptive(
      @Option(
              name = "adaptive-clip-lambda",
              label = "R",
              help = "Of the rule adaptive: how large a gradient may be beside its weights.",
              defaultValue = "0.01")
          double lambda,
      @Option(
              name = "adaptive-clip-skip",
              label = "REGEX",
              help =
                  "Of the rule adaptive: variables that it leaves alone (default: biases,"
                      + " normalisation and the last layer).",
              defaultValue = DEFAULT_ADAPTIVE_SKIP)
          Pattern skip) {}

  public ClipConfig {
    groups = List.copyOf(groups);
    new Check()
        .positive("--max-grad-norm", maxGradNorm)
        .positive("--clip-value", clipValue)
        .positive("--adaptive-clip-lambda", adaptive.lambda())
        .that(
            autoPercentile > 0 && autoPercentile <= 100,
            "--auto-clip-percentile",
            "a number above 0 and at most 100",
            autoPercentile)
        .verify();
  }

  /** A rule with a threshold; everything else has the command line's defaults. */
  public ClipConfig(Mode mode, double maxGradNorm) {
    this(
        mode,
        maxGradNorm,
        defaults().clipValue,
        defaults().adaptive,
        defaults().autoPercentile,
        List.of(),
        defaults().norms);
  }

  /** Defaults of the command line. */
  public static ClipConfig defaults() {
    return ConfigBinder.defaults(ClipConfig.class);
  }
}

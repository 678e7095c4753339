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
                "Clip rule: global_norm, all by one factor; norm, each tensor separately; value, "
                    + "each element; adaptive, each unit relative to its weights; auto, global "
                    + "at a percentile of the norms so far; none. The norm is always measured.",
            defaultValue = "global_norm",
            refusedBySweep = "--clip-modes names the rules to try",
            identifiesSweep = false)
        Mode mode,
    @Option(
            name = "max-grad-norm",
            label = "C",
            help =
                "Maximum global gradient norm (for the rule norm, of each tensor): larger "
                    + "gradients are scaled down to it.",
            defaultValue = "1",
            place = -1,
            refusedBySweep = "--clip-norms names the thresholds to try",
            identifiesSweep = false)
        double maxGradNorm,
    @Option(
            name = "clip-value",
            label = "C",
            help = "For the rule value: elements are limited to -C to C.",
            defaultValue = "1",
            refusedBySweep = "--clip-norms names the thresholds to try",
            identifiesSweep = false)
        double clipValue,
    Adaptive adaptive,
    @Option(
            name = "auto-clip-percentile",
            label = "P",
            help = "For the rule auto: the percentile of the norms so far that limits the norm.",
            defaultValue = "10")
        double autoPercentile,
    @Option(
            name = "clip-group",
            label = "REGEX=RULE:C",
            help =
                "Clip matching variables by a separate rule, such as embeddings=norm:0.5 or "
                    + "classifier=none; repeatable.")
        List<ClipGroup> groups,
    @Option(
            name = "norm-compatibility",
            label = "dense|tf",
            help =
                "Norm of an embedding table's gradient: dense adds up the rows of a word first, "
                    + "as PyTorch; tf counts each row, as TensorFlow Python.",
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
              help = "For the rule adaptive: maximum ratio of gradient to weights.",
              defaultValue = "0.01")
          double lambda,
      @Option(
              name = "adaptive-clip-skip",
              label = "REGEX",
              help =
                  "For the rule adaptive: variables that are not clipped (default: biases, "
                      + "normalisation and the last layer).",
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

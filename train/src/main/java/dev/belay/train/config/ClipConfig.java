package dev.belay.train.config;

import java.util.List;
import java.util.regex.Pattern;

/**
 * The rope: how gradients are clipped, once per update. Formulas in docs/numerics.md.
 *
 * @param mode which rule
 * @param maxGradNorm the threshold c of global_norm and norm
 * @param clipValue the threshold c of value
 * @param adaptive of the adaptive rule
 * @param autoPercentile of the auto rule: c is that percentile of the norms seen so far
 * @param groups variables with a rule of their own
 * @param norms what a norm is measured on
 */
public record ClipConfig(
    Mode mode,
    double maxGradNorm,
    double clipValue,
    Adaptive adaptive,
    double autoPercentile,
    List<ClipGroup> groups,
    Norms norms) {

  public static final Mode DEFAULT_MODE = Mode.GLOBAL_NORM;
  public static final double DEFAULT_MAX_GRAD_NORM = 1.0;
  public static final double DEFAULT_CLIP_VALUE = 1.0;
  public static final double DEFAULT_ADAPTIVE_LAMBDA = 0.01;
  public static final double DEFAULT_AUTO_PERCENTILE = 10;
  public static final Norms DEFAULT_NORMS = Norms.DENSE;

  /** Biases, normalisation, and what the field calls the last layer of a classifier. */
  public static final String DEFAULT_ADAPTIVE_SKIP =
      "(?i)layer_?norm|bias|beta|gamma|head/|classifier|output_weights|logits|predictions";

  /** The rules. */
  public enum Mode {
    GLOBAL_NORM,
    NORM,
    VALUE,
    ADAPTIVE,
    AUTO,
    NONE
  }

  /** What the norm of a looked-up table's gradient is. */
  public enum Norms {
    /** Equal rows are added first, as in PyTorch. */
    DENSE,
    /** Every row counts, as tf.linalg.global_norm does in Python. */
    TF
  }

  /**
   * Of the adaptive rule.
   *
   * @param lambda how large a gradient may be beside its weights
   * @param skip variables that the rule leaves alone
   */
  public record Adaptive(double lambda, Pattern skip) {}

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

  /** That rule with that threshold, and otherwise what the command line takes without options. */
  public ClipConfig(Mode mode, double maxGradNorm) {
    this(
        mode,
        maxGradNorm,
        DEFAULT_CLIP_VALUE,
        new Adaptive(DEFAULT_ADAPTIVE_LAMBDA, Pattern.compile(DEFAULT_ADAPTIVE_SKIP)),
        DEFAULT_AUTO_PERCENTILE,
        List.of(),
        DEFAULT_NORMS);
  }

  /** Another rule with another threshold, and otherwise the same. */
  public ClipConfig with(Mode other, double threshold) {
    return new ClipConfig(
        other,
        other == Mode.VALUE ? maxGradNorm : threshold,
        other == Mode.VALUE ? threshold : clipValue,
        adaptive,
        autoPercentile,
        groups,
        norms);
  }

  /** What the command line takes without options. */
  public static ClipConfig defaults() {
    return new ClipConfig(DEFAULT_MODE, DEFAULT_MAX_GRAD_NORM);
  }
}

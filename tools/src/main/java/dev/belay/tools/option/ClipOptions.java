package dev.belay.tools.option;

import dev.belay.train.config.ClipConfig;
import dev.belay.train.config.ClipGroup;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import picocli.CommandLine.Option;

/** How gradients are clipped. */
@Section("Clipping")
public final class ClipOptions {
  @Option(
      names = "--max-grad-norm",
      paramLabel = "C",
      description =
          "Gradients whose global norm (or, by the rule norm, whose own) is above this are scaled"
              + " down to it.")
  private double maxGradNorm = ClipConfig.DEFAULT_MAX_GRAD_NORM;

  @Option(
      names = "--clip-mode",
      paramLabel = "RULE",
      description =
          "global_norm: all by one factor; norm: each tensor by its own; value: each element;"
              + " adaptive: each unit beside its weights; auto: global, by a percentile of the norms"
              + " so far; none. The norm is measured in any case.")
  private ClipConfig.Mode mode = ClipConfig.DEFAULT_MODE;

  @Option(
      names = "--clip-value",
      paramLabel = "C",
      description = "Of the rule value: elements are kept between -C and C.")
  private double clipValue = ClipConfig.DEFAULT_CLIP_VALUE;

  @Option(
      names = "--adaptive-clip-lambda",
      paramLabel = "R",
      description = "Of the rule adaptive: how large a gradient may be beside its weights.")
  private double adaptiveLambda = ClipConfig.DEFAULT_ADAPTIVE_LAMBDA;

  @Option(
      names = "--adaptive-clip-skip",
      paramLabel = "REGEX",
      description =
          "Of the rule adaptive: variables that it leaves alone (default: biases, normalisation and"
              + " the last layer).")
  private Pattern adaptiveSkip = Pattern.compile(ClipConfig.DEFAULT_ADAPTIVE_SKIP);

  @Option(
      names = "--auto-clip-percentile",
      paramLabel = "P",
      description = "Of the rule auto: which percentile of the norms so far bounds the norm.")
  private double autoPercentile = ClipConfig.DEFAULT_AUTO_PERCENTILE;

  @Option(
      names = "--clip-group",
      paramLabel = "REGEX=RULE:C",
      description =
          "Variables that match are clipped by a rule of their own, apart from the rest:"
              + " embeddings=norm:0.5, or classifier=none. Repeatable.")
  private List<String> groups = new ArrayList<>();

  @Option(
      names = "--norm-compatibility",
      paramLabel = "dense|tf",
      description =
          "How the gradient of a looked-up table is measured: dense adds up the rows of a word"
              + " first, as PyTorch; tf counts each row, as TensorFlow Python does.")
  private ClipConfig.Norms norms = ClipConfig.DEFAULT_NORMS;

  /** The clip. */
  public ClipConfig toConfig() {
    return new ClipConfig(
        mode,
        maxGradNorm,
        clipValue,
        new ClipConfig.Adaptive(adaptiveLambda, adaptiveSkip),
        autoPercentile,
        groups.stream().map(ClipGroup::parse).toList(),
        norms);
  }
}

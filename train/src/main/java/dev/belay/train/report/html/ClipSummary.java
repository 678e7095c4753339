package dev.belay.train.report.html;

import static dev.belay.train.report.html.Prose.bound;
import static dev.belay.train.report.html.Prose.number;
import static dev.belay.train.report.html.Prose.percent;

import dev.belay.train.norm.NormSummary;
import java.util.Map;

/**
 * Summary of a run's clipping in plain words, from its gradient norms. The advice follows practice:
 * 1.0 for fine-tuning, 3 to 5 from scratch or on noisy data; a threshold that clips most steps
 * lowers the learning rate, and one far above all norms does nothing.
 */
final class ClipSummary {
  /** Clipping on more steps than this is no longer a guard against the rare large one. */
  private static final double MOST = 0.5;

  private static final double RARE = 0.05;

  /** Norms that reach no further than this share of the threshold are far under it. */
  private static final double FAR_UNDER = 0.5;

  /** Of fewer steps than this, a median and percentiles say nothing. */
  private static final long FEW = 10;

  /** A norm so many times the median is a spike. */
  private static final double SPIKE = 5;

  private final NormSummary norms;
  private final Map<String, Double> percentiles;
  private final ReportedRun facts;

  ClipSummary(NormSummary norms, ReportedRun facts) {
    this.norms = norms;
    this.percentiles = norms.percentiles();
    this.facts = facts;
  }

  /** A few sentences; empty where no norm was measured. */
  String text() {
    if (percentiles.isEmpty()) {
      return "";
    }
    return switch (facts.clipMode()) {
      case "global_norm" -> ofGlobalNorm(facts.maxGradNorm());
      case "none" -> ofNone();
      default -> ofOther();
    };
  }

  private double p(String name) {
    return percentiles.get(name);
  }

  private String spread() {
    return "The norm before the clip had a median of "
        + number(p(NormSummary.P50))
        + "; 90 % of the steps were below "
        + number(p(NormSummary.P90))
        + ", 99 % below "
        + number(p(NormSummary.P99))
        + ", and the largest was "
        + number(p(NormSummary.MAX))
        + ".";
  }

  private String ofGlobalNorm(double threshold) {
    double clipped = norms.clippedFraction();
    if (clipped > MOST) {
      return "Clipped "
          + percent(clipped)
          + " of the steps; the median norm was "
          + number(p(NormSummary.P50))
          + ": "
          + bound(threshold)
          + " acts as a cut of the learning rate, to "
          + percent(Math.min(1, threshold / p(NormSummary.P50)))
          + " on a median step, more than as a guard against the rare large one."
          + adaptive()
          + wider(threshold)
          + " "
          + spread();
    }
    if (clipped == 0) {
      return "No step was clipped: the largest norm was "
          + number(p(NormSummary.MAX))
          + (p(NormSummary.MAX) < FAR_UNDER * threshold
              ? ", far under the threshold of " + bound(threshold) + ", so the clip did nothing"
              : ", under the threshold of " + bound(threshold))
          + ". It costs next to nothing and guards against a step that did not come; to have it act"
          + " on the largest steps, choose about "
          + bound(Prose.threshold(p(NormSummary.P99)))
          + ". "
          + spread();
    }
    return "Clipped "
        + percent(clipped)
        + " of the steps"
        + (clipped <= RARE
            ? ": the rare large ones, which is what clipping is for."
            : ", the larger ones, and left the median step alone: a usual figure for fine-tuning"
                + " with a threshold of "
                + bound(threshold)
                + ".")
        + " "
        + spread();
  }

  /** A steady factor is divided out again by optimizers that divide by the gradient's own size. */
  private String adaptive() {
    return facts.optimizer().contains("adam")
        ? " ("
            + facts.optimizer()
            + " cancels a constant factor, so the remaining effect is that large steps weigh no "
            + "more than small ones.)"
        : "";
  }

  private String wider(double threshold) {
    double candidate = Prose.threshold(p(NormSummary.P90));
    String choice =
        candidate > threshold ? "consider " + bound(candidate) + ", near the 90th percentile" : "";
    String usual =
        " 1.0 is usual for fine-tuning, 3 to 5 when training from scratch or on noisy data.";
    if (choice.isEmpty()) {
      return usual;
    }
    return " If training is slow rather than unstable, " + choice + "." + usual;
  }

  private String ofNone() {
    if (norms.steps() < FEW) {
      return "Gradients were not clipped, and the largest norm was "
          + number(p(NormSummary.MAX))
          + ".";
    }
    double ratio = p(NormSummary.MAX) / p(NormSummary.P50);
    String spikes =
        ratio >= SPIKE
            ? " The largest was "
                + number(ratio)
                + " times the median: such steps are what a clip is for. A threshold of "
                + bound(Prose.threshold(p(NormSummary.P99)))
                + " would act on about 1 % of the steps."
            : " There were no spikes: the largest was "
                + number(ratio)
                + " times the median, so a threshold above "
                + number(p(NormSummary.MAX))
                + " would not have acted.";
    return "Gradients were not clipped. " + spread() + spikes;
  }

  private String ofOther() {
    return "The rule "
        + facts.clipMode()
        + " changed "
        + percent(norms.clippedFraction())
        + " of the steps. "
        + spread();
  }
}

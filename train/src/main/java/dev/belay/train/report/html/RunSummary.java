package dev.belay.train.report.html;

import static dev.belay.train.report.html.Prose.number;
import static dev.belay.train.report.html.Prose.percent;
import static dev.belay.train.report.html.Prose.steps;

import dev.belay.train.metrics.Metrics;
import dev.belay.train.norm.NormSummary;
import dev.belay.train.resume.RunState;
import dev.belay.train.report.RunFact;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A run in plain words: how it ended, what it learned, what its gradients did. */
final class RunSummary {
  /** Steps that are looked back over, to say how a run came to where it is. */
  private static final int FEW = 10;

  private static final double GREW = 3;
  private static final double WORSE = 1.05;
  private static final double LARGE_RATIO = 1e-2;

  private final RunHistory history;
  private final ReportedRun facts;

  private RunSummary(RunHistory history, ReportedRun facts) {
    this.history = history;
    this.facts = facts;
  }

  /** Paragraphs, none of them empty. */
  static List<String> of(RunHistory history, ReportedRun facts) {
    RunSummary reading = new RunSummary(history, facts);
    NormSummary norms = history.norms();
    List<String> paragraphs =
        new ArrayList<>(
            List.of(
                reading.end(),
                reading.divergence(norms),
                reading.learned(),
                new ClipSummary(norms, facts).text(),
                reading.trend(),
                reading.layers()));
    paragraphs.removeIf(String::isEmpty);
    return paragraphs;
  }

  private String end() {
    long last = history.lastStep();
    if (last == 0) {
      return "No step is recorded. " + facts.error();
    }
    String sampled =
        facts.loggingSteps() > 1
            ? " Every " + facts.loggingSteps() + "th step is recorded; figures are of those."
            : "";
    String of =
        history.totalSteps() > last
            ? "The run made " + steps(last) + " of " + String.format("%,d", history.totalSteps())
            : "The run made " + steps(last);
    String how =
        switch (facts.status()) {
          case RunFact.DONE ->
              history.totalSteps() > last ? " and stopped early." : " and is done.";
          case RunFact.RUNNING -> " so far.";
          case RunState.INTERRUPTED ->
              ", then its process ended without finishing it. The same command resumes the run.";
          case RunFact.DIVERGED -> ", then diverged.";
          default -> ", then ended as " + facts.status() + ": " + facts.error() + ".";
        };
    return of + how + sampled;
  }

  private String divergence(NormSummary norms) {
    if (norms.notFinite() == 0 && facts.status().equals(RunFact.DONE)) {
      return "";
    }
    int bad = firstNotFinite();
    if (bad < 0) {
      return "";
    }
    String said =
        "At step "
            + history.norm().step(bad)
            + " the loss was "
            + number(history.loss().value(bad))
            + " and the gradient norm "
            + number(history.norm().value(bad))
            + ".";
    double before = history.norm().median(bad - FEW, bad);
    double earlier = history.norm().median(0, Math.max(1, bad - FEW));
    if (Double.isNaN(before)) {
      return said + " It was the first step: check the data, the labels and the loaded weights.";
    }
    boolean grew = before > GREW * earlier;
    return said
        + (grew
            ? " The norm had grown from a median of "
                + number(earlier)
                + " to "
                + number(before)
                + " in the steps before: the usual sign of a learning rate that is too high"
            : " The steps before had a median norm of "
                + number(before)
                + ", so it was sudden: check that step's batch, and the model for a logarithm of "
                + "0 or an overflow")
        + (facts.clipMode().equals("none")
            ? ". Gradients were not clipped; try --clip-mode global_norm --max-grad-norm 1.0."
            : ". Try a lower --learning-rate or --warmup-ratio 0.1.");
  }

  private int firstNotFinite() {
    for (int i = 0; i < history.norm().size(); i++) {
      if (!Double.isFinite(history.norm().value(i)) || !Double.isFinite(history.loss().value(i))) {
        return i;
      }
    }
    return -1;
  }

  private String learned() {
    Series loss = history.loss();
    int part = Math.max(1, loss.size() / FEW);
    double first = loss.median(0, part);
    double last = loss.median(loss.size() - part, loss.size());
    StringBuilder text = new StringBuilder();
    if (loss.size() > 1 && Double.isFinite(first) && Double.isFinite(last)) {
      text.append("The training loss went from ")
          .append(number(first))
          .append(" to ")
          .append(number(last))
          .append(" (medians of the first and the last tenth).");
    }
    for (Map.Entry<String, Series> metric : history.metrics().entrySet()) {
      text.append(validation(metric.getKey(), metric.getValue()));
    }
    return text.toString().strip();
  }

  private static String validation(String name, Series series) {
    if (series.size() < 2) {
      return "";
    }
    int best = best(name, series);
    String text =
        " Validation "
            + name
            + ": "
            + number(series.value(0))
            + " at step "
            + series.step(0)
            + ", "
            + number(series.last())
            + " at the end";
    if (best == series.size() - 1) {
      return text + ", its best.";
    }
    String bestText =
        text + ", best " + number(series.value(best)) + " at step " + series.step(best) + ".";
    boolean overfits = name.equals(Metrics.LOSS) && series.last() > WORSE * series.value(best);
    return overfits
        ? bestText
            + " It rose after that, so later steps only fit the training data: use "
            + "--load-best-model-at-end or fewer steps."
        : bestText;
  }

  private static int best(String name, Series series) {
    int best = 0;
    for (int i = 1; i < series.size(); i++) {
      boolean better =
          Metrics.largerIsBetter(name)
              ? series.value(i) > series.value(best)
              : series.value(i) < series.value(best);
      best = better || Double.isNaN(series.value(best)) ? i : best;
    }
    return best;
  }

  private String trend() {
    Series norm = history.norm();
    int part = norm.size() / FEW;
    if (part < 2) {
      return "";
    }
    double first = norm.median(0, part);
    double last = norm.median(norm.size() - part, norm.size());
    return last > GREW * first
        ? "The norm grew from a median of "
            + number(first)
            + " in the first tenth to "
            + number(last)
            + " in the last. That is usual where the loss is nearly 0 and single examples stand"
            + " out; with a loss that does not fall, lower the learning rate."
        : "";
  }

  private String layers() {
    if (history.layers().isEmpty()) {
      return "";
    }
    double total = 0;
    double largest = 0;
    String where = "";
    for (Series layer : history.layers().gradients().values()) {
      double median = layer.median(0, layer.size());
      total += median * median;
      if (median * median > largest) {
        largest = median * median;
        where = layer.name();
      }
    }
    String share =
        total > 0
            ? "Of the gradient's squared norm "
                + percent(largest / total)
                + " came from "
                + where
                + " (by medians)."
            : "";
    return (share + ratios()).strip();
  }

  private String ratios() {
    Series low = null;
    Series high = null;
    for (Series layer : history.layers().ratios().values()) {
      double median = layer.median(0, layer.size());
      low = low == null || median < low.median(0, low.size()) ? layer : low;
      high = high == null || median > high.median(0, high.size()) ? layer : high;
    }
    if (low == null || low == high) {
      return "";
    }
    double largest = high.median(0, high.size());
    return " A step moved the weights by "
        + number(low.median(0, low.size()))
        + " of their size in "
        + low.name()
        + ", and by "
        + number(largest)
        + " in "
        + high.name()
        + (largest > LARGE_RATIO
            ? ", which is much: a lower learning rate would be gentler."
            : ".");
  }
}

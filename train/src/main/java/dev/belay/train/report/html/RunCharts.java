package dev.belay.train.report.html;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.belay.train.metrics.Metrics;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The charts of one run, as data. */
final class RunCharts {
  /** A smoothed curve looks back over this share of the run. */
  private static final int SMOOTHED_PARTS = 40;

  private final RunHistory history;
  private final ReportedRun facts;
  private final ObjectNode data = JsonNodeFactory.instance.objectNode();
  private final ArrayNode charts = data.putArray("charts");

  private RunCharts(RunHistory history, ReportedRun facts) {
    this.history = history;
    this.facts = facts;
  }

  static ObjectNode of(RunHistory history, ReportedRun facts) {
    RunCharts made = new RunCharts(history, facts);
    if (history.lastStep() > 0) {
      made.loss();
      made.norms();
      lines(made.charts, "Clip scale", List.of(history.scale()));
      lines(made.charts, "Learning rate", List.of(history.learningRate()));
    }
    made.metrics();
    made.layers();
    return made.data;
  }

  private void loss() {
    Series loss = history.loss();
    ObjectNode chart = lines(charts, "Loss", List.of(loss));
    ArrayNode series = (ArrayNode) chart.get("series");
    int points = loss.size() / SMOOTHED_PARTS;
    if (points > 1) {
      ((ObjectNode) series.get(0)).put("faint", true).put("color", 0);
      ObjectNode smooth = series.addObject().put("smooth", true).put("color", 0);
      loss.smoothed("training, smoothed", points).writeTo(smooth);
    }
    Series validation = history.metrics().get(Metrics.LOSS);
    if (validation != null && validation.size() > 0) {
      validation.writeTo(series.addObject().put("color", 1));
      ((ObjectNode) series.get(series.size() - 1)).put("name", "validation");
    }
  }

  private void norms() {
    ObjectNode chart =
        lines(
            charts,
            "Gradient norm",
            facts.clipMode().equals("none")
                ? List.of(history.norm())
                : List.of(history.norm(), history.clippedNorm()));
    chart.put("log", true);
    if (facts.clipMode().equals("global_norm")) {
      double threshold = facts.maxGradNorm();
      chart
          .putArray("levels")
          .addObject()
          .put("y", threshold)
          .put("name", "threshold " + Prose.bound(threshold));
    }
  }

  /** Metrics between 0 and 1 share a chart; others have separate scales. */
  private void metrics() {
    List<Series> shares = new ArrayList<>();
    for (Map.Entry<String, Series> metric : history.metrics().entrySet()) {
      Series series = metric.getValue();
      if (metric.getKey().equals(Metrics.LOSS) || series.size() == 0) {
        continue;
      }
      if (isShare(series)) {
        shares.add(series);
      } else {
        lines(charts, "Validation " + metric.getKey(), List.of(series));
      }
    }
    if (!shares.isEmpty()) {
      lines(charts, "Validation metrics", shares);
    }
  }

  private static boolean isShare(Series series) {
    for (int i = 0; i < series.size(); i++) {
      if (!(series.value(i) >= 0 && series.value(i) <= 1)) {
        return false;
      }
    }
    return true;
  }

  private void layers() {
    if (!history.layers().isEmpty()) {
      ObjectNode heat = charts.addObject().put("kind", "heat").put("title", "Layers by step");
      history.layers().writeTo(heat);
    }
  }

  /** A chart of curves. */
  static ObjectNode lines(ArrayNode charts, String title, List<Series> curves) {
    ObjectNode chart = charts.addObject().put("kind", "lines").put("title", title);
    ArrayNode series = chart.putArray("series");
    curves.forEach(curve -> curve.writeTo(series.addObject()));
    return chart;
  }
}

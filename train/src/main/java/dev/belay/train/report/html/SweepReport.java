package dev.belay.train.report.html;

import static dev.belay.train.report.html.Page.escaped;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.belay.train.config.SweepConfig;
import dev.belay.train.metrics.Metrics;
import dev.belay.train.sweep.ArmResult;
import dev.belay.train.sweep.ArmSummary;
import dev.belay.train.sweep.Recommendation;
import dev.belay.train.sweep.Score;
import dev.belay.train.sweep.SweepDirectory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** report.html of a sweep: what it recommends and why, every arm in a table, and their curves. */
public final class SweepReport {
  private static final int SMOOTHED_PARTS = 20;

  private final SweepDirectory directory;
  private final Findings findings;

  private SweepReport(SweepDirectory directory, Findings findings) {
    this.directory = directory;
    this.findings = findings;
  }

  /** Results of a sweep. */
  public record Findings(
      SweepConfig sweep, List<ArmSummary> arms, Recommendation recommendation, Score score) {}

  /** An arm's curves with one seed. */
  private record Curves(ArmSummary arm, int number, ArmResult result, RunHistory history) {}

  /**
   * Writes the page into the sweep's directory.
   *
   * @return the file
   */
  public static Path write(SweepDirectory directory, Findings findings) throws IOException {
    SweepReport report = new SweepReport(directory, findings);
    String name = directory.root().toAbsolutePath().normalize().getFileName().toString();
    Page.write(directory.report(), Page.of("Belay: " + name, report.body(name), report.charts()));
    return directory.report();
  }

  private String body(String name) {
    return "<h1>"
        + escaped(name)
        + "</h1>\n<span class=\"status done\">sweep</span>\n"
        + Page.reading(
            List.of(findings.recommendation().reason(), SweepTable.explanation(findings)))
        + SweepTable.html(findings)
        + "<div id=\"charts\"></div>\n"
        + "<footer>Drag in a chart to zoom in, click twice to zoom out. Every figure is in"
        + " arms/NAME/seed-N/metrics.jsonl beside this file; TensorBoard shows the same under"
        + " HParams: tensorboard --logdir tensorboard.</footer>\n";
  }

  private ObjectNode charts() throws IOException {
    ObjectNode data = JsonNodeFactory.instance.objectNode();
    ArrayNode charts = data.putArray("charts");
    strip(charts, findings.score().metric());
    List<Curves> curves = curves();
    String metric = findings.score().metric();
    if (!metric.equals(Metrics.LOSS)) {
      lines(charts, "Validation " + metric, curves, c -> c.history().metrics().get(metric));
    }
    lines(charts, "Validation loss", curves, c -> c.history().metrics().get(Metrics.LOSS));
    lines(charts, "Training loss, smoothed", curves, c -> smoothed(c.history().loss()));
    lines(charts, "Gradient norm before the clip", curves, c -> smoothed(c.history().norm()))
        .put("log", true);
    return data;
  }

  private static Series smoothed(Series series) {
    return series.smoothed(series.name(), Math.max(1, series.size() / SMOOTHED_PARTS));
  }

  private List<Curves> curves() throws IOException {
    List<Curves> curves = new ArrayList<>();
    for (int i = 0; i < findings.arms().size(); i++) {
      ArmSummary arm = findings.arms().get(i);
      for (ArmResult result : arm.results()) {
        if (result.steps() > 0) {
          Path metrics = directory.metrics(result.arm(), result.seed());
          curves.add(new Curves(arm, i, result, RunHistory.read(metrics)));
        }
      }
    }
    return curves;
  }

  private ObjectNode lines(
      ArrayNode charts, String title, List<Curves> curves, Function<Curves, Series> choose) {
    ObjectNode chart = RunCharts.lines(charts, title, List.of());
    ArrayNode series = (ArrayNode) chart.get("series");
    for (Curves one : curves) {
      Series curve = choose.apply(one);
      if (curve != null && curve.size() > 0) {
        ObjectNode entry = series.addObject();
        curve.writeTo(entry);
        entry.put("name", name(one));
        entry.put("color", one.number());
        int seed = findings.sweep().seeds().indexOf(one.result().seed());
        if (seed > 0) {
          entry.put("dash", (8 - Math.min(6, 2 * seed)) + " 3");
        }
      }
    }
    return chart;
  }

  private String name(Curves one) {
    String label = one.arm().arm().label(findings.sweep());
    return findings.sweep().seeds().size() > 1 ? label + ", seed " + one.result().seed() : label;
  }

  private void strip(ArrayNode charts, String metric) {
    ObjectNode strip =
        charts.addObject().put("kind", "strip").put("title", "At the end: " + metric);
    ArrayNode rows = strip.putArray("rows");
    for (ArmSummary arm : findings.arms()) {
      ObjectNode row = rows.addObject().put("name", arm.arm().label(findings.sweep()));
      row.put("best", findings.recommendation().arm().equals(java.util.Optional.of(arm.arm())));
      ArrayNode values = row.putArray("values");
      ArrayNode seeds = row.putArray("seeds");
      for (ArmResult result : arm.finished()) {
        Series.add(values, findings.score().value(result.last().orElseThrow()));
        seeds.add(result.seed());
      }
      row.put("note", arm.trouble().orElse(""));
    }
  }
}

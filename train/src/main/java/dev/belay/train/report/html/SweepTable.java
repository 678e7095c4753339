package dev.belay.train.report.html;

import static dev.belay.train.report.html.Page.escaped;
import static dev.belay.train.report.html.Prose.percent;

import dev.belay.train.metrics.Metrics;
import dev.belay.train.sweep.ArmSummary;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A sweep's arms, one row each. */
final class SweepTable {
  private SweepTable() {}

  static String html(SweepReport.Findings findings) {
    String metric = findings.score().metric();
    List<String> measures = Stream.of(metric, Metrics.LOSS).distinct().toList();
    StringBuilder html = new StringBuilder("<h2>Arms</h2>\n<div class=\"scroll\">");
    html.append("<table class=\"figures\">\n<tr><th scope=\"col\">arm</th>");
    measures.forEach(
        m -> html.append("<th scope=\"col\" class=\"number\">").append(escaped(m)).append("</th>"));
    html.append("<th scope=\"col\" class=\"number\">clipped</th>")
        .append("<th scope=\"col\" class=\"number\">median norm</th>")
        .append("<th scope=\"col\">how it ended</th></tr>\n");
    for (ArmSummary arm : findings.arms()) {
      boolean best = findings.recommendation().arm().equals(Optional.of(arm.arm()));
      html.append(best ? "<tr class=\"best\">" : "<tr>");
      html.append("<td>").append(escaped(arm.arm().label(findings.sweep()))).append("</td>");
      measures.forEach(m -> number(html, measure(arm, m)));
      number(html, Double.isNaN(arm.clippedFraction()) ? "" : percent(arm.clippedFraction()));
      number(html, Double.isNaN(arm.medianNorm()) ? "" : Prose.number(arm.medianNorm()));
      html.append("<td>").append(escaped(end(arm, best))).append("</td></tr>\n");
    }
    return html.append("</table></div>\n").toString();
  }

  private static void number(StringBuilder html, String text) {
    html.append("<td class=\"number\">").append(escaped(text)).append("</td>");
  }

  private static String measure(ArmSummary arm, String metric) {
    double mean = arm.mean(metric);
    double spread = arm.spread(metric);
    if (Double.isNaN(mean)) {
      return "";
    }
    return String.format(Locale.ROOT, "%.4f", mean)
        + (Double.isNaN(spread) ? "" : String.format(Locale.ROOT, " ± %.4f", spread));
  }

  private static String end(ArmSummary arm, boolean best) {
    return arm.trouble().orElse(best ? "recommended" : "done");
  }

  /** Description of the trainings behind the figures. */
  static String explanation(SweepReport.Findings findings) {
    String seeds =
        findings.sweep().seeds().stream().map(String::valueOf).collect(Collectors.joining(", "));
    return "Every arm began with the same weights and saw the same batches in the same order;"
        + " seeds: "
        + seeds
        + ". Figures are of "
        + String.format(Locale.ROOT, "%,d", findings.score().examples())
        + " validation examples at the end, as a mean over seeds ± their standard deviation."
        + (findings.sweep().halving()
            ? " At a quarter and at half of the steps, arms among the worse half that were further"
                + " behind than chance explains were stopped."
            : "");
  }
}

package dev.belay.train.report.html;

import static dev.belay.train.report.html.Page.escaped;

import dev.belay.savedmodel.CorruptModelException;
import dev.belay.train.norm.NormSummary;
import dev.belay.train.report.RunDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * report.html: one run in plain words, charts and tables. Made from metrics.jsonl, config.json and
 * run.json alone, so that it can be written again at any time, also during the run.
 */
public final class RunReport {
  private RunReport() {}

  /**
   * Writes the report of a run into its directory.
   *
   * @return the file
   * @throws CorruptModelException if one of the run's files is not as a run writes it
   */
  public static Path write(RunDirectory run) throws IOException {
    ReportedRun facts = ReportedRun.read(run);
    RunHistory history = RunHistory.read(run.metrics());
    String name = run.root().toAbsolutePath().normalize().getFileName().toString();
    String page =
        Page.of("Belay: " + name, body(name, facts, history), RunCharts.of(history, facts));
    Page.write(run.report(), page);
    return run.report();
  }

  /** The norms of the steps that a run has made so far; of none before its first. */
  public static NormSummary norms(RunDirectory run) throws IOException {
    return Files.exists(run.metrics()) ? RunHistory.read(run.metrics()).norms() : new NormSummary();
  }

  private static String body(String name, ReportedRun facts, RunHistory history) {
    return "<h1>"
        + escaped(name)
        + "</h1>\n<span class=\"status "
        + escaped(facts.status())
        + "\">"
        + escaped(facts.status())
        + "</span>\n"
        + Page.reading(RunSummary.of(history, facts))
        + "<div id=\"charts\"></div>\n"
        + "<h2>Where it comes from</h2>\n"
        + Page.facts(facts.brief())
        + "<details><summary>Every option</summary>\n"
        + Page.facts(facts.all())
        + "</details>\n"
        + "<footer>Drag in a chart to zoom in, click twice to zoom out; arrow keys walk along a"
        + " curve. All figures are in metrics.jsonl beside this file; `belay report` makes it"
        + " again.</footer>\n";
  }
}

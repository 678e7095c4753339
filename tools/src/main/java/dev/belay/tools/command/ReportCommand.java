package dev.belay.tools.command;

import dev.belay.tools.console.JsonText;
import dev.belay.tools.option.Problems;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Makes the page of a run. */
@Command(
    name = "report",
    description =
        "Write report.html into a run directory: charts of its metrics.jsonl and a summary. "
            + "Training writes it at its end; this writes it again, or during a run.")
final class ReportCommand implements RunnableCommand {
  private final Context context;

  @Parameters(arity = "0..1", paramLabel = "RUN", description = "As --model.")
  private Path positional;

  @Option(names = "--model", paramLabel = "RUN", description = "A run directory.")
  private Path run;

  @Option(names = "--json", description = "Print JSON instead of the path.")
  private boolean json;

  ReportCommand(Context context) {
    this.context = context;
  }

  @Override
  public void run() throws IOException {
    Path source = run == null ? positional : run;
    Problems problems = new Problems();
    problems.require(source != null, "--model", "name a run directory");
    problems.verify();
    Path report = context.trainApi().report(source);
    context.terminal().out().println(json ? JsonText.of(Map.of("report", report)) : report);
  }
}

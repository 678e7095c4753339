package dev.belay.tools.command;

import dev.belay.tools.console.JsonText;
import dev.belay.tools.option.Problems;
import dev.belay.train.Replay;
import dev.belay.train.report.ConfigJson;
import dev.belay.train.stability.ReplayBundle;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Makes a failed step again. */
@Command(
    name = "replay",
    description =
        "Repeat a recorded step that was not finite, and name the first op and variable that are "
            + "not finite.")
final class ReplayCommand implements RunnableCommand {
  private final Context context;

  @Parameters(
      arity = "0..1",
      paramLabel = "RUN",
      description = "A run directory with a replay bundle in failure/, or the bundle.")
  private Path path;

  @Option(names = "--json", description = "Print JSON instead of a paragraph.")
  private boolean json;

  ReplayCommand(Context context) {
    this.context = context;
  }

  @Override
  public void run() throws IOException {
    Problems problems = new Problems();
    problems.require(path != null, "RUN", "name a run directory, or a replay bundle");
    problems.verify();
    ReplayBundle bundle = ReplayBundle.find(path);
    Replay.Result result =
        context.trainApi().replay(bundle, ConfigJson.readConfig(bundle.config()));
    context
        .terminal()
        .out()
        .println(
            json
                ? JsonText.of(result.facts())
                : "step " + result.recorded().step() + ": " + result.diagnosis().text());
  }
}

package dev.belay.tools.command;

import dev.belay.savedmodel.weights.WeightDifference;
import dev.belay.tools.console.DifferenceReport;
import dev.belay.tools.failure.DifferentException;
import dev.belay.tools.option.Problems;
import dev.belay.tools.option.WeightOptions;
import dev.belay.train.config.ConfigException;
import dev.belay.train.config.WeightsConfig;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Compares two sets of weights. */
@Command(
    name = "diff",
    description =
        "Compare two sets of weights by canonical names, in any formats. Exit code 0: no "
            + "difference, 6: some.")
final class DiffCommand implements RunnableCommand {
  private final Context context;

  @Parameters(index = "0", arity = "0..1", paramLabel = "FIRST", description = "Weights.")
  private Path first;

  @Parameters(index = "1", arity = "0..1", paramLabel = "SECOND", description = "Other weights.")
  private Path second;

  @Option(
      names = "--tolerance",
      paramLabel = "NUMBER",
      defaultValue = "0",
      description = "Ignore element differences up to this value.")
  private double tolerance;

  @Option(names = "--json", description = "Print JSON instead of tables.")
  private boolean json;

  private final WeightOptions weights = new WeightOptions();

  DiffCommand(Context context) {
    this.context = context;
  }

  @Override
  public void addOptions(CommandSpec spec) {
    weights.addTo(spec);
  }

  @Override
  public void run() throws IOException {
    Problems problems = new Problems();
    problems.require(first != null && second != null, "SECOND", "name two sets of weights");
    problems.verify();
    if (!(tolerance >= 0)) {
      throw new ConfigException("--tolerance", "a number of at least 0", tolerance);
    }
    // The options speak of both sides; only a graph's ops and a configuration can be common to
    // both.
    WeightsConfig one = context.hub().locate(weights.read(first));
    WeightsConfig other = context.hub().locate(weights.read(second));
    WeightDifference difference = context.trainApi().compare(one, other, tolerance);
    DifferenceReport report = new DifferenceReport(difference);
    if (json) {
      context.terminal().out().println(report.json());
    } else {
      report.lines().forEach(context.terminal().out()::println);
    }
    if (!difference.isEmpty()) {
      throw new DifferentException(first + " and " + second + " differ: " + report.summary());
    }
  }
}

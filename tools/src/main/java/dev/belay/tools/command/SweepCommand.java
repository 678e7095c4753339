package dev.belay.tools.command;

import dev.belay.tools.console.JsonText;
import dev.belay.tools.console.SweepConsole;
import dev.belay.tools.option.Problems;
import dev.belay.tools.option.SweepOptions;
import dev.belay.train.Sweep;
import dev.belay.train.config.ConfigException;
import dev.belay.train.config.SweepConfig;
import dev.belay.train.config.TrainConfig;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Finds out what the clip norm should be. */
@Command(
    name = "sweep",
    description =
        "Try clip norms (and rules and learning rates) on the same data, order and seeds; compare"
            + " them on validation data; recommend one. The same command goes on after a kill.")
final class SweepCommand implements RunnableCommand {
  private static final String DIVERGED = "an arm that diverges ends, and the next one begins";

  /** Options of a single run, with what takes their place. */
  private static final Map<String, String> NOT_HERE =
      Map.ofEntries(
          Map.entry("--max-grad-norm", "--clip-norms names the thresholds to try"),
          Map.entry("--clip-mode", "--clip-modes names the rules to try"),
          Map.entry("--clip-value", "--clip-norms names the thresholds to try"),
          Map.entry("--on-nonfinite", DIVERGED),
          Map.entry("--explode-factor", DIVERGED),
          Map.entry("--max-rollbacks", DIVERGED),
          Map.entry("--save-steps", "a sweep keeps no checkpoints"),
          Map.entry("--save-total-limit", "a sweep keeps no checkpoints"),
          Map.entry("--background-save", "a sweep keeps no checkpoints"),
          Map.entry("--allow-changes", "arms are only comparable if all have the same options"),
          Map.entry("--load-best-model-at-end", "a sweep exports no model"),
          Map.entry("--early-stopping-patience", "--halving stops arms that fall behind"),
          Map.entry("--report", "a sweep always writes report.html and event files"),
          Map.entry(
              "--log-layer-norms", "`belay train` measures layers, with the recommended clip"));

  private final Context context;

  @Mixin private SweepOptions sweep;
  @Mixin private TrainingOptions training;

  @Option(names = "--json", description = "Print JSON instead of a table.")
  private boolean json;

  @Spec private CommandSpec spec;

  SweepCommand(Context context) {
    this.context = context;
  }

  @Override
  public void run() throws IOException {
    Problems problems = new Problems();
    problems.part(this::refuseOptionsOfOneRun);
    TrainConfig base = training.toConfig(problems);
    SweepConfig config = problems.part(() -> sweep.toConfig(base));
    problems.verify();
    SweepConsole console = new SweepConsole(context.terminal(), System::nanoTime);
    Sweep.Result result = context.doors().sweep(config, context.commandLine(), console);
    if (json) {
      context.terminal().out().println(JsonText.of(SweepAnswer.of(config, result)));
    } else {
      SweepConsole.table(config, result).forEach(context.terminal().out()::println);
    }
  }

  private Void refuseOptionsOfOneRun() {
    List<String> given =
        spec.commandLine().getParseResult().matchedOptions().stream()
            .map(OptionSpec::longestName)
            .filter(NOT_HERE::containsKey)
            .map(name -> name + " is for a single run: " + NOT_HERE.get(name))
            .toList();
    if (!given.isEmpty()) {
      throw new ConfigException(given);
    }
    return null;
  }
}

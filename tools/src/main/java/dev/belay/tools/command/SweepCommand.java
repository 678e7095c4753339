package dev.belay.tools.command;

import dev.belay.tools.console.JsonText;
import dev.belay.tools.console.SweepConsole;
import dev.belay.tools.option.Problems;
import dev.belay.tools.option.RecordOptions;
import dev.belay.train.Sweep;
import dev.belay.train.config.ConfigException;
import dev.belay.train.config.SweepConfig;
import java.io.IOException;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Finds out what the clip norm should be. */
@Command(
    name = "sweep",
    description =
        "Train with several clip norms (and rules and learning rates) on the same data, order "
            + "and seeds, compare them on validation data, and recommend one. The same command "
            + "resumes an interrupted sweep.")
final class SweepCommand implements RunnableCommand {
  private final Context context;

  private final RecordOptions<SweepConfig> options = RecordOptions.of(SweepConfig.class);

  @Option(names = "--json", description = "Print JSON instead of a table.")
  private boolean json;

  @Spec private CommandSpec spec;

  SweepCommand(Context context) {
    this.context = context;
  }

  @Override
  public void addOptions(CommandSpec spec) {
    options.addTo(spec, option -> false);
  }

  @Override
  public void run() throws IOException {
    Problems problems = new Problems();
    problems.part(this::refuseOptionsOfOneRun);
    SweepConfig named = problems.part(options::read);
    problems.verify();
    SweepConfig config = context.hub().locate(named);
    SweepConsole console = new SweepConsole(context.terminal(), System::nanoTime);
    Sweep.Result result = context.trainApi().sweep(config, context.commandLine(), console);
    if (json) {
      context.terminal().out().println(JsonText.of(SweepAnswer.of(config, result)));
    } else {
      SweepConsole.table(config, result).forEach(context.terminal().out()::println);
    }
  }

  private Void refuseOptionsOfOneRun() {
    List<String> given =
        spec.commandLine().getParseResult().matchedOptions().stream()
            .map(RecordOptions::definition)
            .filter(option -> option != null && !option.option().refusedBySweep().isEmpty())
            .map(
                option ->
                    "--%s is for a single run: %s"
                        .formatted(option.name(), option.option().refusedBySweep()))
            .toList();
    if (!given.isEmpty()) {
      throw new ConfigException(given);
    }
    return null;
  }
}

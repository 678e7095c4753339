package dev.belay.tools.command;

import dev.belay.tools.console.EvaluationConsole;
import dev.belay.tools.console.JsonText;
import dev.belay.tools.console.Table;
import dev.belay.tools.option.RecordOptions;
import dev.belay.train.ModelEvaluation;
import dev.belay.train.config.EvaluateConfig;
import java.io.IOException;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** Measures a model on files. */
@Command(name = "evaluate", description = "Compute the metrics of a model or run on a file.")
final class EvaluateCommand implements RunnableCommand {
  private final Context context;

  private final RecordOptions<EvaluateConfig> options =
      RecordOptions.of(EvaluateConfig.class, EvaluateConfig::isOfEvaluate);

  @Option(names = "--json", description = "Print JSON instead of a table.")
  private boolean json;

  EvaluateCommand(Context context) {
    this.context = context;
  }

  @Override
  public void addOptions(CommandSpec spec) {
    options.addTo(spec, option -> false);
  }

  @Override
  public void run() throws IOException {
    EvaluateConfig config = context.hub().locate(options.read());
    ModelEvaluation.Result result;
    try (InputFiles input = new InputFiles();
        EvaluationConsole console = new EvaluationConsole(context.terminal(), System::nanoTime)) {
      result = context.trainApi().evaluate(input.withStandardInput(config), console);
    }
    result.notes().forEach(note -> context.terminal().err().println("note: " + note));
    if (json) {
      context.terminal().out().println(JsonText.of(result));
      return;
    }
    Table table = new Table();
    result.metrics().forEach((name, value) -> table.row(name, text(value)));
    table.row("examples", Integer.toString(result.examples()));
    table.lines("").forEach(context.terminal().out()::println);
  }

  private static String text(double value) {
    return String.format(Locale.ROOT, "%.6f", value);
  }
}

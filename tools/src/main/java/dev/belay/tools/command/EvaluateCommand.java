package dev.belay.tools.command;

import dev.belay.tools.console.JsonText;
import dev.belay.tools.console.Table;
import dev.belay.train.ModelEvaluation;
import java.io.IOException;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Measures a model on files. */
@Command(name = "evaluate", description = "Metrics of a model or run on a file.")
final class EvaluateCommand implements RunnableCommand {
  private final Context context;

  @Mixin private EvaluationOptions evaluation;

  @Option(names = "--json", description = "Print JSON instead of a table.")
  private boolean json;

  EvaluateCommand(Context context) {
    this.context = context;
  }

  @Override
  public void run() throws IOException {
    ModelEvaluation.Result result = context.doors().evaluate(evaluation.toConfig());
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

package dev.belay.tools.command;

import dev.belay.savedmodel.weights.WeightTarget;
import dev.belay.tools.console.JsonText;
import dev.belay.tools.option.Problems;
import dev.belay.train.RunCheckpoint;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Writes a run's weights as a SavedModel, or in another format. */
@Command(
    name = "export",
    description = "Write a run or one of its checkpoints as a SavedModel, or in another format.")
final class ExportCommand implements RunnableCommand {
  private final Context context;

  @Parameters(arity = "0..1", paramLabel = "RUN", description = "As --model.")
  private Path positional;

  @Option(
      names = "--model",
      paramLabel = "RUN",
      description = "A run directory, or one of its checkpoints.")
  private Path run;

  @Option(
      names = "--checkpoint",
      paramLabel = "WHICH",
      description =
          "Of a run: latest, best, or a checkpoint by name or path. Default: the best, if the run"
              + " kept it (--load-best-model-at-end), else the latest.")
  private String checkpoint;

  @Option(
      names = "--output-dir",
      paramLabel = "DIR",
      description =
          "For a SavedModel a directory for integer version folders, as TF Serving reads them: the"
              + " next free one is written (default: RUN/export). For any other format a directory"
              + " that does not exist yet (default: RUN/export-FORMAT).")
  private Optional<Path> outputDirectory = Optional.empty();

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      defaultValue = "savedmodel",
      description =
          "What to write: savedmodel, tf1, tf2, safetensors or huggingface, with adapters merged, or"
              + " peft, the adapters alone. The TF formats include the optimizer's slots.")
  private WeightTarget format;

  @Option(names = "--json", description = "Print JSON instead of the path.")
  private boolean json;

  ExportCommand(Context context) {
    this.context = context;
  }

  @Override
  public void run() throws IOException {
    Path source = run == null ? positional : run;
    Problems problems = new Problems();
    problems.require(source != null, "--model", "name a run directory or one of its checkpoints");
    problems.verify();
    RunCheckpoint chosen = context.trainApi().checkpoint(source, Optional.ofNullable(checkpoint));
    chosen.notes().forEach(context.terminal().err()::println);
    if (format != WeightTarget.SAVEDMODEL) {
      Conversions.print(
          context.terminal(),
          context
              .trainApi()
              .export(
                  chosen.directory(),
                  format,
                  outputDirectory.orElseGet(() -> chosen.run().export(format))),
          json);
      return;
    }
    Path exported =
        context
            .trainApi()
            .export(chosen.directory(), outputDirectory.orElseGet(() -> chosen.run().exports()));
    context
        .terminal()
        .out()
        .println(json ? JsonText.of(Map.of("export_directory", exported)) : exported);
  }
}

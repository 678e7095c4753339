package dev.belay.tools.command;

import dev.belay.tools.console.JsonText;
import dev.belay.tools.console.ParentWatch;
import dev.belay.tools.console.RunConsole;
import dev.belay.tools.console.StopSignals;
import dev.belay.tools.option.RecordOptions;
import dev.belay.train.TrainingRun;
import dev.belay.train.WorkerProcesses;
import dev.belay.train.config.TrainConfig;
import dev.belay.train.event.StopRequest;
import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** Fine-tunes a model. */
@Command(name = "train", description = "Fine-tune a model and write a run directory.")
final class TrainCommand implements RunnableCommand {
  private final Context context;

  private final RecordOptions<TrainConfig> options = RecordOptions.of(TrainConfig.class);

  @Option(names = "--json", description = "Print the result as JSON, not only the export's path.")
  private boolean json;

  TrainCommand(Context context) {
    this.context = context;
  }

  @Override
  public void addOptions(CommandSpec spec) {
    options.addTo(spec, option -> false);
  }

  @Override
  @SuppressWarnings("try") // signals are listened to by being open
  public void run() throws IOException {
    TrainConfig config = context.hub().locate(options.read());
    StopRequest stop = new StopRequest();
    if (WorkerProcesses.areStarted(config, System.getenv())) {
      startWorkers(config, stop);
      return;
    }
    if (WorkerProcesses.isOne(System.getenv())) {
      ParentWatch.start();
    }
    try (RunConsole console = new RunConsole(context.terminal(), System::nanoTime);
        StopSignals signals = StopSignals.listen(stop, context.terminal())) {
      TrainingRun.Result result =
          context.trainApi().train(config, context.commandLine(), console, stop);
      console.conclude(result);
      context.terminal().out().println(json ? JsonText.of(result) : result.exportDirectory());
    }
  }

  @SuppressWarnings("try") // signals are listened to by being open
  private void startWorkers(TrainConfig config, StopRequest stop) throws IOException {
    try (StopSignals signals = StopSignals.listen(stop, context.terminal())) {
      context
          .trainApi()
          .trainWorkers(
              config, context.commandLine(), note -> context.terminal().err().println(note), stop);
    }
  }
}

package dev.belay.tools.command;

import dev.belay.tools.console.HubConsole;
import dev.belay.tools.console.Terminal;
import dev.belay.train.hub.ModelHub;
import java.util.List;

/**
 * Environment of every command.
 *
 * @param trainApi the functions that commands call
 * @param terminal output streams
 * @param commandLine the user's command line, for the run's records
 */
public record Context(TrainApi trainApi, Terminal terminal, List<String> commandLine) {
  /** Main class of the program, for the processes that it starts of itself. */
  static final String PROGRAM = "dev.belay.tools.Belay";

  /** The hub, which shows its downloads. */
  ModelHub hub() {
    return trainApi.hub(new HubConsole(terminal, System::nanoTime));
  }
}

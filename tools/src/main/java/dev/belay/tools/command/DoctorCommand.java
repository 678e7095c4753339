package dev.belay.tools.command;

import dev.belay.tools.console.DoctorReport;
import dev.belay.tools.console.JsonText;
import dev.belay.train.doctor.Checkup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Says what is wrong with a machine. */
@Command(
    name = "doctor",
    description =
        "Check the machine: limits, native libraries, CUDA, and the results of each device. Exit "
            + "code 5 if something is broken.")
final class DoctorCommand implements RunnableCommand {
  private final Context context;

  @Option(names = "--require-gpu", description = "Exit with code 5 if no GPU works.")
  private boolean requireGpu;

  @Option(names = "--json", description = "Print JSON instead of a list.")
  private boolean json;

  DoctorCommand(Context context) {
    this.context = context;
  }

  @Override
  public void run() {
    Checkup checkup = context.trainApi().examine();
    if (json) {
      context.terminal().out().println(JsonText.of(checkup));
    } else {
      DoctorReport.of(checkup).forEach(context.terminal().out()::println);
    }
    context.terminal().out().flush();
    checkup.requireSound();
    if (requireGpu) {
      checkup.requireGpu();
    }
  }
}

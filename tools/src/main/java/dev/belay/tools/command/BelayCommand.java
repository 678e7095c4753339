package dev.belay.tools.command;

import dev.belay.tools.option.CommonOptions;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;

/** The program, which only has commands. */
@Command(
    name = "belay",
    description =
        "Fine-tune transformers from Python on the JVM, with gradients clipped by global norm.",
    mixinStandardHelpOptions = true,
    versionProvider = Versions.class,
    footer = {"", "belay COMMAND --help shows the options of a command."})
public final class BelayCommand {
  private BelayCommand() {}

  /** The program and all its commands, ready to parse. */
  public static CommandLine commandLine(Context context) {
    CommandLine program =
        new CommandLine(new BelayCommand())
            .addSubcommand(new TrainCommand(context))
            .addSubcommand(new EvaluateCommand(context))
            .addSubcommand(new PredictCommand(context))
            .addSubcommand(new ExportCommand(context))
            .addSubcommand(new InspectCommand(context))
            .addSubcommand(new ConvertCommand(context))
            .addSubcommand(new DiffCommand(context))
            .addSubcommand(new ReportCommand(context))
            .addSubcommand(new SweepCommand(context))
            .addSubcommand(new ReplayCommand(context))
            .addSubcommand(new DoctorCommand(context));
    program.setCaseInsensitiveEnumValuesAllowed(true);
    program.getCommandSpec().parser().collectErrors(true);
    for (CommandLine command : program.getSubcommands().values()) {
      command.getCommandSpec().parser().collectErrors(true);
      ((RunnableCommand) command.getCommand()).addOptions(command.getCommandSpec());
      command
          .getCommandSpec()
          .addMixin("common", CommandSpec.forAnnotatedObject(new CommonOptions()));
      command.getCommandSpec().usageMessage().sortOptions(false);
      OptionSections.showIn(command);
    }
    return program;
  }
}

package dev.belay.tools.command;

import dev.belay.tools.option.CommonOptions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
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
  private static final Map<String, Function<Context, RunnableCommand>> COMMANDS = commandsByName();

  private BelayCommand() {}

  /** The program, ready to parse a call. */
  public static CommandLine commandLine(Context context) {
    CommandLine program = new CommandLine(new BelayCommand());
    commands(context).forEach(program::addSubcommand);
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

  /** The command that is called, or all of them: reading the options of all takes a while. */
  private static List<RunnableCommand> commands(Context context) {
    String called = context.commandLine().isEmpty() ? "" : context.commandLine().get(0);
    return COMMANDS.containsKey(called)
        ? List.of(COMMANDS.get(called).apply(context))
        : COMMANDS.values().stream().map(command -> command.apply(context)).toList();
  }

  private static Map<String, Function<Context, RunnableCommand>> commandsByName() {
    Map<String, Function<Context, RunnableCommand>> commands = new LinkedHashMap<>();
    commands.put("train", TrainCommand::new);
    commands.put("evaluate", EvaluateCommand::new);
    commands.put("predict", PredictCommand::new);
    commands.put("export", ExportCommand::new);
    commands.put("inspect", InspectCommand::new);
    commands.put("convert", ConvertCommand::new);
    commands.put("diff", DiffCommand::new);
    commands.put("report", ReportCommand::new);
    commands.put("sweep", SweepCommand::new);
    commands.put("replay", ReplayCommand::new);
    commands.put("doctor", DoctorCommand::new);
    return commands;
  }
}

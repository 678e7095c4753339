package dev.belay.tools;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.belay.tools.argument.Arguments;
import dev.belay.tools.argument.UsageProblems;
import dev.belay.tools.command.BelayCommand;
import dev.belay.tools.command.Context;
import dev.belay.tools.command.RunnableCommand;
import dev.belay.tools.command.TrainApi;
import dev.belay.tools.console.Terminal;
import dev.belay.tools.failure.ExitCode;
import dev.belay.tools.failure.Failure;
import dev.belay.train.config.ConfigException;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.ParseResult;

/** One call of the program: arguments in, exit code out, and nothing thrown. */
final class Program {
  private final TrainApi trainApi;
  private final Terminal terminal;
  private String name = "belay";
  private boolean verbose;
  private Arguments arguments = new Arguments(List.of(), Map.of());

  Program(TrainApi trainApi, Terminal terminal) {
    this.trainApi = trainApi;
    this.terminal = terminal;
  }

  /** Runs a command. */
  ExitCode run(List<String> typed) {
    try {
      execute(typed);
      return ExitCode.DONE;
    } catch (Throwable thrown) {
      Failure failure = Failure.of(thrown);
      report(failure, thrown);
      return failure.code();
    } finally {
      terminal.out().flush();
    }
  }

  private void execute(List<String> typed) throws IOException {
    CommandLine program = BelayCommand.commandLine(new Context(trainApi, terminal, typed));
    name = Arguments.called(program, typed).getCommandSpec().qualifiedName();
    arguments = Arguments.of(program, typed);
    ParseResult parsed = program.parseArgs(arguments.tokens().toArray(new String[0]));
    ParseResult leaf = parsed.hasSubcommand() ? parsed.subcommand() : parsed;
    CommandLine command = leaf.commandSpec().commandLine();
    if (leaf.isUsageHelpRequested()) {
      command.usage(terminal.out());
      return;
    }
    if (leaf.isVersionHelpRequested()) {
      command.printVersionHelp(terminal.out());
      return;
    }
    List<String> problems = UsageProblems.of(parsed);
    if (!problems.isEmpty()) {
      throw new ConfigException(problems);
    }
    if (!(command.getCommand() instanceof RunnableCommand runnable)) {
      command.usage(terminal.err());
      throw new ConfigException("name a command");
    }
    verbose = leaf.hasMatchedOption("--verbose");
    if (verbose) {
      ((Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME)).setLevel(Level.DEBUG);
    }
    runnable.run();
  }

  private void report(Failure failure, Throwable thrown) {
    if (verbose || failure.code() == ExitCode.DEFECT) {
      thrown.printStackTrace(terminal.err());
    }
    terminal.err().println(name + ": " + paragraph(failure, thrown));
  }

  private String paragraph(Failure failure, Throwable thrown) {
    if (failure.code() == ExitCode.DEFECT) {
      return failure.message()
          + "\nThis is a defect in Belay: please report it, with the lines above.";
    }
    if (thrown instanceof ConfigException config) {
      List<String> problems = config.problems().stream().map(arguments::located).toList();
      String help = "\nSee `" + name + " --help`.";
      return problems.size() == 1
          ? problems.get(0) + help
          : problems.size() + " options need a change:\n  " + String.join("\n  ", problems) + help;
    }
    return failure.message();
  }
}

package dev.belay.tools.option;

import java.nio.file.Path;
import picocli.CommandLine.Option;

/**
 * Options of every command. The program reads them through the parser, so nothing reads the fields.
 */
@SuppressWarnings("UnusedVariable")
public final class CommonOptions {
  @Option(
      names = "--config",
      paramLabel = "FILE",
      description =
          "YAML or JSON file that gives any of these options by name; the command line wins.")
  private Path config;

  @Option(
      names = {"-v", "--verbose"},
      description = "Log details and show stack traces.")
  private boolean verbose;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  private boolean help;
}

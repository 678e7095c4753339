package dev.belay.tools.command;

import java.io.IOException;
import picocli.CommandLine.Model.CommandSpec;

/** A command whose options are filled in. */
public interface RunnableCommand {
  /** Adds the options that are components of a config record. */
  default void addOptions(CommandSpec spec) {}

  /** Does it; whatever goes wrong is thrown. */
  void run() throws IOException;
}

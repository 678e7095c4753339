package dev.belay.tools.command;

import java.io.IOException;

/** A command whose options are filled in. */
public interface RunnableCommand {
  /** Does it; whatever goes wrong is thrown. */
  void run() throws IOException;
}

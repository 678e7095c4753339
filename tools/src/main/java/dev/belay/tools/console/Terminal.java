package dev.belay.tools.console;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.OptionalInt;

/**
 * Output streams of a command.
 *
 * @param out results only; buffered, the program flushes it
 * @param err messages for people
 * @param columns the width of the terminal that shows {@code err}; empty if a file or pipe takes it
 */
public record Terminal(PrintStream out, PrintStream err, OptionalInt columns) {

  /** The process's own streams, in UTF-8 whatever the locale says. */
  public static Terminal system(OptionalInt columns) {
    return new Terminal(
        new PrintStream(
            new BufferedOutputStream(new FileOutputStream(FileDescriptor.out)),
            false,
            StandardCharsets.UTF_8),
        new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8),
        columns);
  }
}
